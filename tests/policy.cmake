cleave_test(unit_policy LABEL fast
  SOURCES unit/policy/route_laws_test.cpp unit/policy/routes_test.cpp unit/policy/admission_test.cpp
    unit/policy/disaggregation_test.cpp unit/policy/federation_test.cpp
  USES cleave::policy
  APART unit/policy/disaggregation_test.cpp unit/policy/routes_test.cpp)
