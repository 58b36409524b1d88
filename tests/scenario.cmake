cleave_test(unit_scenario LABEL fast
  SOURCES
    unit/scenario/reader_test.cpp
  USES cleave::scenario cleave::units)
