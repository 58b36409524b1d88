cleave_test(unit_study LABEL fast
  SOURCES unit/study/axes_test.cpp unit/study/comparison_test.cpp unit/study/expression_test.cpp
    unit/study/fork_pool_test.cpp unit/study/result_store_test.cpp unit/study/steady_state_test.cpp
  USES cleave::study cleave::rng cleave::metrics)
cleave_test(smoke_study LABEL fast
  SOURCES smoke/sweep_test.cpp
  USES nlohmann_json::nlohmann_json)
target_compile_definitions(smoke_study PRIVATE CLEAVE_PROGRAM="$<TARGET_FILE:cleave>")
add_dependencies(smoke_study cleave)
