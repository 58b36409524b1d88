# Commands about the cost of steps and the shapes of models.
target_sources(sim_app
  PRIVATE batch_text.cpp explain_command.cpp import_command.cpp price_facts.cpp
  PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES batch_text.h explain_command.h import_command.h price_facts.h)
target_link_libraries(sim_app PRIVATE cleave::cost)
