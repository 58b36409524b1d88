cleave_test(unit_fit LABEL fast
  SOURCES unit/fit/csv_table_test.cpp unit/fit/least_squares_test.cpp unit/fit/residual_field_test.cpp
    unit/fit/form_laws_test.cpp unit/fit/tables_test.cpp unit/fit/evaluate_test.cpp unit/fit/report_test.cpp
    unit/fit/serving_test.cpp unit/fit/steps_test.cpp unit/fit/layers_test.cpp
  USES cleave::fit cleave::scenario nlohmann_json::nlohmann_json
  APART unit/fit/form_laws_test.cpp)
