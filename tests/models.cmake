cleave_test(unit_models LABEL fast
  SOURCES
    unit/models/calibrated_test.cpp unit/models/catalogue_files_test.cpp unit/models/catalogue_test.cpp
    unit/models/cost_laws_test.cpp unit/models/engine_kernels_test.cpp unit/models/engine_timed_test.cpp
    unit/models/flash_attention_test.cpp unit/models/hf_config_test.cpp
    unit/models/index_scan_test.cpp unit/models/kv_footprint_test.cpp unit/models/memory_plan_test.cpp
    unit/models/operations_test.cpp unit/models/price_tally_test.cpp unit/models/parameters_test.cpp
    unit/models/roofline_test.cpp unit/models/roofline_against_hardware_test.cpp
  USES cleave::scenario cleave::cost
  APART unit/models/engine_kernels_test.cpp unit/models/kv_footprint_test.cpp)
