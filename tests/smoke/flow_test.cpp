// One request, followed through the hops of docs/flow.md by what it leaves behind.

#include <map>
#include <sstream>

#include "tests/smoke/process.h"

namespace cleave {
namespace {

using Row = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream text(line + ",");
  for (std::string field; std::getline(text, field, ',');) fields.push_back(field);
  return fields;
}

std::vector<Row> read_csv(const std::filesystem::path& path) {
  std::istringstream text(read_file(path));
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> names = split(line);
  std::vector<Row> rows;
  while (std::getline(text, line)) {
    const std::vector<std::string> fields = split(line);
    REQUIRE(fields.size() == names.size());
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = fields[i];
  }
  return rows;
}

/// One request of 1000 tokens in and 20 out on one prefill and one decode replica.
std::filesystem::path run_one(const Scratch& scratch, const std::string& mode) {
  write_file(scratch.path() / "one.yaml",
             "pools:\n"
             "  - {name: prefill, role: prefill}\n"
             "  - {name: decode, role: decode}\n"
             "transfer: {mode: " +
                 mode +
                 "}\n"
                 "output: {decision_log: true}\n"
                 "workload: {classes: [{traffic: {type: synthetic, input: 1000, output: 20, requests: 1}}]}\n");
  const Answer answer = cleave_in(scratch.path(), {"run", "one.yaml", "--out", mode});
  INFO(answer.err);
  REQUIRE(answer.code == 0);
  return scratch.path() / mode;
}

TEST_CASE("a request's records follow the hops of docs/flow.md in order") {
  const Scratch scratch;
  const auto folder = run_one(scratch, "after_prefill");
  const auto requests = read_csv(folder / "requests.csv");
  REQUIRE(requests.size() == 1);
  Row request = requests.front();
  const auto at = [&](const char* column) { return std::stod(request.at(column)); };

  CHECK(request["outcome"] == "completed");
  CHECK(at("input_tokens") == 1000);  // 1: emitted
  CHECK(at("arrival_s") > 0);         // 2: arrived
  const auto decisions = read_csv(folder / "decisions.csv");
  REQUIRE(decisions.size() == 2);                // 3: admitted, or there were a rejection
  CHECK(decisions[0].at("stage") == "prefill");  // 4: routed
  CHECK(decisions[0].at("time_s") == request["arrival_s"]);
  CHECK(decisions[0].at("replica") == request["prefill_replica"]);
  CHECK(at("first_scheduled_s") >= at("arrival_s"));      // 5: waited
  CHECK(at("prefill_done_s") > at("first_scheduled_s"));  // 6: computed
  CHECK(decisions[1].at("stage") == "decode");            // 7: a decode replica
  CHECK(decisions[1].at("time_s") == request["prefill_done_s"]);
  CHECK(decisions[1].at("replica") == request["decode_replica"]);
  CHECK(request["decode_replica"] != request["prefill_replica"]);
  CHECK(at("kv_ready_s") > at("prefill_done_s"));  // 8: moved
  CHECK(at("transferred_bytes") > 0);
  CHECK(at("first_token_s") > at("kv_ready_s"));  // 9: delivered, decoded
  CHECK(at("last_token_s") > at("first_token_s"));
  CHECK(at("generated_tokens") == 20);  // 10: recorded
}

TEST_CASE("layer by layer, the decode replica is chosen before the prompt is computed") {
  const Scratch scratch;
  const auto folder = run_one(scratch, "layerwise");
  const Row request = read_csv(folder / "requests.csv").front();
  const auto decisions = read_csv(folder / "decisions.csv");
  REQUIRE(decisions.size() == 2);
  CHECK(decisions[1].at("stage") == "decode");
  CHECK(decisions[1].at("time_s") == request.at("arrival_s"));
  CHECK(std::stod(request.at("first_scheduled_s")) > std::stod(request.at("arrival_s")));
}

}  // namespace
}  // namespace cleave
