cleave_test(unit_scenario LABEL fast
  SOURCES
    unit/scenario/reader_test.cpp
    unit/scenario/bad_yaml_test.cpp
    unit/scenario/bad_values_test.cpp
    unit/scenario/validate_test.cpp
    unit/scenario/validate_gc_test.cpp unit/scenario/validate_transfer_test.cpp
    unit/scenario/validate_federation_test.cpp
    unit/scenario/validate_kv_test.cpp
    unit/scenario/load_test.cpp
    unit/scenario/schema_test.cpp
    unit/scenario/damage_test.cpp
  USES cleave::scenario cleave::units nlohmann_json::nlohmann_json fmt::fmt
  APART unit/scenario/bad_values_test.cpp unit/scenario/load_test.cpp unit/scenario/validate_federation_test.cpp
    unit/scenario/validate_kv_test.cpp unit/scenario/validate_transfer_test.cpp)
