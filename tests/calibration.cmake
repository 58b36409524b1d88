cleave_test(unit_calibration LABEL fast
  SOURCES unit/calibration/stopping_test.cpp unit/calibration/result_file_test.cpp unit/calibration/run_test.cpp
    unit/calibration/meta_test.cpp unit/calibration/grids_test.cpp
  USES cleave::harness cleave::grids yaml-cpp nlohmann_json::nlohmann_json)
