cleave_test(law_queues LABEL fast
  SOURCES law/queues_test.cpp
  USES cleave::engine cleave::rng)
cleave_test(law_runs LABEL fast
  SOURCES law/runs_test.cpp
  USES cleave::cluster)
cleave_test(unit_cluster LABEL fast
  SOURCES unit/cluster/platform_test.cpp unit/transfer/kv_mover_test.cpp
  USES cleave::cluster)
