#include "sim/workload/request.h"

#include <catch2/catch.hpp>

using namespace cleave;

namespace {
const SegmentId a = SegmentId::given(1);
const SegmentId b = SegmentId::given(2);
}  // namespace

TEST_CASE("appending a span that continues the last one lengthens it") {
  std::vector<Span> prompt;
  append_span(prompt, {a, 0, 10});
  append_span(prompt, {a, 10, 5});
  CHECK(prompt == std::vector<Span>{{a, 0, 15}});
}

TEST_CASE("appending keeps apart what does not continue, and drops what is empty") {
  std::vector<Span> prompt;
  append_span(prompt, {a, 0, 10});
  append_span(prompt, {b, 0, 0});
  append_span(prompt, {a, 11, 5});
  append_span(prompt, {b, 16, 1});
  CHECK(prompt == std::vector<Span>{{a, 0, 10}, {a, 11, 5}, {b, 16, 1}});
}
