cleave_test(law_queues LABEL fast
  SOURCES law/queues_test.cpp
  USES cleave::engine cleave::rng)
cleave_test(law_runs LABEL fast
  SOURCES law/runs_test.cpp
  USES cleave::cluster)
cleave_test(unit_cluster LABEL fast
  SOURCES unit/cluster/platform_test.cpp unit/cluster/load_choice_test.cpp unit/cluster/directory_test.cpp unit/cluster/claims_test.cpp
  USES cleave::cluster)
cleave_test(law_lone_request LABEL fast
  SOURCES law/lone_request_test.cpp
  USES cleave::cluster)
cleave_test(law_real_trace LABEL full
  SOURCES law/real_trace_test.cpp
  USES cleave::cluster)
cleave_test(golden LABEL fast SOURCES golden/golden_test.cpp)
target_compile_definitions(golden PRIVATE CLEAVE_PROGRAM="$<TARGET_FILE:cleave>")
add_dependencies(golden cleave)
cleave_test(law_gc_runs LABEL fast
  SOURCES law/gc_runs_test.cpp
  USES cleave::cluster)
cleave_test(law_kv_runs LABEL fast
  SOURCES law/kv_runs_test.cpp
  USES cleave::cluster)
cleave_test(law_federation LABEL fast
  SOURCES law/federation_laws_test.cpp
  USES cleave::cluster)
