cleave_test(unit_rng LABEL fast
  SOURCES unit/workload/rng_test.cpp
  USES cleave::rng)
cleave_test(unit_workload LABEL fast
  SOURCES unit/workload/request_test.cpp unit/workload/block_keys_test.cpp unit/workload/length_model_test.cpp
    unit/workload/arrivals_test.cpp unit/workload/synthetic_test.cpp unit/workload/sessions_test.cpp unit/workload/habits_test.cpp
    unit/workload/trace_source_test.cpp unit/workload/shared_traces_test.cpp
    unit/workload/reader_errors_test.cpp
  USES cleave::workload
  APART unit/workload/trace_source_test.cpp)
cleave_test(unit_trace_command LABEL fast
  SOURCES unit/workload/trace_command_test.cpp
  USES cleave::app cleave::workload nlohmann_json::nlohmann_json fmt::fmt)
