cleave_test(unit_transfer_models LABEL fast
  SOURCES
    unit/models/transfer_oracles_test.cpp unit/models/transfer_cost_test.cpp unit/models/tier_cost_test.cpp
    unit/models/sram_test.cpp unit/models/wan_test.cpp
  USES cleave::scenario cleave::kv_transfer cleave::tier cleave::sram)
cleave_test(unit_transfer LABEL fast
  SOURCES unit/transfer/kv_mover_test.cpp unit/transfer/movement_plan_test.cpp unit/transfer/arrival_curve_test.cpp
    unit/transfer/bandwidth_shares_test.cpp
  USES cleave::transfer cleave::scenario)
cleave_test(law_transfer LABEL fast
  SOURCES law/transfer_laws_test.cpp
  USES cleave::cluster cleave::sram)
