cleave_test(unit_metrics LABEL fast
  SOURCES unit/metrics/histogram_test.cpp unit/metrics/sample_test.cpp unit/metrics/request_times_test.cpp
    unit/metrics/recorder_test.cpp unit/metrics/timeline_test.cpp unit/metrics/tally_test.cpp
  USES cleave::metrics)
