#pragma once
// Every policy a scenario can name, as explicit tables: the one place that `cleave list policies`, the scenario reader
// and the law tests read.

#include <memory>
#include <span>
#include <string_view>

#include "sim/policy/admission.h"
#include "sim/policy/disaggregation.h"
#include "sim/policy/params.h"
#include "sim/policy/route.h"

namespace cleave {

/// One row of the table of routing policies. All text is static.
/// `parameters` names the fields of RoutePolicyParams (beside `name`) that the policy reads; others are refused.
struct RoutePolicyEntry {
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> parameters;
  bool draws;  // whether its choices use random numbers
  std::unique_ptr<RoutePolicy> (*make)(const RoutePolicyParams&, Rng);
};

/// All routing policies, in the order in which help lists them.
[[nodiscard]] std::span<const RoutePolicyEntry> route_policies();

/// Makes the policy that `params` names, with its own stream of random numbers.
/// Errors: ConfigError for an unknown name (lists the valid ones) or a parameter out of range.
[[nodiscard]] std::unique_ptr<RoutePolicy> make_route_policy(const RoutePolicyParams& params, Rng rng);

/// One row of the table of admission policies. The first row whose `chosen` holds decides.
struct AdmissionPolicyEntry {
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> parameters;
  bool (*chosen)(const AdmissionParams&);
  std::unique_ptr<AdmissionPolicy> (*make)(const AdmissionParams&);
};

/// All admission policies; the last one admits everything and is always applicable.
[[nodiscard]] std::span<const AdmissionPolicyEntry> admission_policies();

/// Makes the policy that `params` asks for: a limit given selects the policy that reads it.
/// Errors: ConfigError for a parameter out of range.
[[nodiscard]] std::unique_ptr<AdmissionPolicy> make_admission_policy(const AdmissionParams& params);

/// One row of the table of disaggregation policies.
struct DisaggregationPolicyEntry {
  std::string_view name;
  std::string_view help;
  std::span<const std::string_view> parameters;
  std::unique_ptr<DisaggregationPolicy> (*make)(const DisaggregationParams&);
};

[[nodiscard]] std::span<const DisaggregationPolicyEntry> disaggregation_policies();

/// Errors: ConfigError for an unknown name (lists the valid ones) or a parameter out of range.
[[nodiscard]] std::unique_ptr<DisaggregationPolicy> make_disaggregation_policy(const DisaggregationParams& params);

}  // namespace cleave
