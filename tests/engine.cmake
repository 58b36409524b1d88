cleave_test(unit_engine LABEL fast
  SOURCES unit/engine/batch_test.cpp unit/engine/replica_test.cpp unit/engine/coalescing_test.cpp
    unit/engine/vllm_rules_test.cpp unit/engine/state_rules_test.cpp unit/engine/other_engines_test.cpp unit/engine/sglang_rules_test.cpp
    unit/engine/radix_test.cpp unit/engine/connector_test.cpp unit/engine/ahead_test.cpp
  USES cleave::engine
  APART unit/engine/sglang_rules_test.cpp)
cleave_test(law_engines LABEL fast
  SOURCES law/engines_test.cpp
  USES cleave::cluster cleave::scenario)
cleave_test(smoke_systems LABEL fast
  SOURCES smoke/systems_test.cpp
  USES nlohmann_json::nlohmann_json)
target_compile_definitions(smoke_systems PRIVATE CLEAVE_PROGRAM="$<TARGET_FILE:cleave>")
add_dependencies(smoke_systems cleave)
