#include "sim/policy/admissions.h"

namespace cleave {
namespace {

class Always final : public AdmissionPolicy {
 public:
  AdmissionDecision admit(const RequestView&, const ServingView&) override { return {true, "always"}; }
};

}  // namespace

std::unique_ptr<AdmissionPolicy> make_always(const AdmissionParams&) {
  return std::make_unique<Always>();
}

}  // namespace cleave
