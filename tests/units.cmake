cleave_test(unit_units LABEL fast
  SOURCES
    unit/units/text_test.cpp
    unit/units/quantity_test.cpp
    unit/units/slot_pool_test.cpp
  USES cleave::units)
