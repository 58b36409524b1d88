cleave_test(unit_report LABEL fast
  SOURCES unit/report/csv_test.cpp unit/report/summary_test.cpp unit/report/html_test.cpp unit/report/text_test.cpp
    unit/report/run_folder_test.cpp unit/report/sample_run.cpp
  USES cleave::report nlohmann_json::nlohmann_json)
