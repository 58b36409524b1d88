cleave_test(unit_core LABEL fast
  SOURCES unit/core/event_queue_test.cpp unit/core/topology_test.cpp unit/core/manual_kernel_test.cpp
  USES cleave::core)
cleave_test(law_flows LABEL fast
  SOURCES law/flows_test.cpp
  USES cleave::core)
