cleave_test(unit_transfer_models LABEL fast
  SOURCES
    unit/models/transfer_oracles_test.cpp unit/models/transfer_cost_test.cpp unit/models/tier_cost_test.cpp
    unit/models/sram_test.cpp
  USES cleave::scenario cleave::kv_transfer cleave::tier cleave::sram)
