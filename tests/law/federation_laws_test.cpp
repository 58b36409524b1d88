// Laws of whole runs over several regions and over disaggregation policies.
#include <algorithm>
#include <map>

#include "tests/law/small_cluster.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

/// Two regions 60 ms apart, two mixed replicas each; a class of clients in each, whose sessions share system prompts.
Scenario two_regions() {
  Scenario scenario = mixed_cluster();
  scenario.federation.regions = {"west", "east"};
  scenario.federation.links = {{{"west", "east"}, 60ms, BytesPerSecond{12.5e9}}};
  scenario.federation.report_interval = 200ms;
  scenario.router.prefill.name = "prefix_federated";
  scenario.pools[0].name = "west";
  scenario.pools[0].replicas = 2;
  scenario.pools.push_back(scenario.pools[0]);
  scenario.pools[1].name = scenario.pools[1].region = "east";
  auto& traffic = std::get<SyntheticParams>(scenario.workload.classes[0].traffic);
  traffic.system_prompt = Tokens{6000};
  traffic.system_prompts = 6;
  traffic.prompt_family = "all";
  traffic.requests = 150;
  scenario.workload.classes.push_back(scenario.workload.classes[0]);
  scenario.workload.classes[0].name = "western";
  scenario.workload.classes[1].name = "eastern";
  scenario.workload.classes[1].region = "east";
  return scenario;
}

/// Prompts are computed east, and answers written west where their clients are.
Scenario remote_prefill(HandoffMode mode) {
  Scenario scenario = small_cluster();
  scenario.federation.regions = {"west", "east"};
  scenario.federation.links = {{{"west", "east"}, 60ms, BytesPerSecond{12.5e9}}};
  scenario.transfer.mode = mode;
  scenario.pools[0].region = "east";
  scenario.router.prefill.name = "least_loaded";
  scenario.router.decode.name = "sticky_region";
  return scenario;
}

/// Mixed replicas with prefill replicas beside them.
Scenario conditional(const std::string& policy) {
  Scenario scenario = small_cluster();
  scenario.pools[1].role = ReplicaRole::mixed;
  scenario.router.disaggregation = DisaggregationParams{};
  scenario.router.disaggregation->name = policy;
  scenario.router.disaggregation->max_local_prefill_length = Tokens{400};
  scenario.router.disaggregation->non_cached_tokens = Tokens{400};
  scenario.router.decode.name = "longest_prefix";
  scenario.transfer.decode_kv = DecodeKv::pull;
  return scenario;
}

std::vector<std::pair<std::string, Scenario>> variants() {
  std::vector<std::pair<std::string, Scenario>> all;
  const auto add = [&all](std::string name, Scenario scenario) -> Scenario& {
    return all.emplace_back(std::move(name), std::move(scenario)).second;
  };
  add("no directory", two_regions());
  add("digests", two_regions()).federation.directory = DigestDirectory{500ms, 10};
  add("home by hash", two_regions()).federation.directory = HomeDirectory{4};
  add("query", two_regions()).federation.directory = QueryDirectory{};
  add("query, late signals at home", two_regions()).federation.directory = QueryDirectory{};
  all.back().second.router.signal_interval = 100ms;
  add("query, index by events, little memory", two_regions()).federation.directory = QueryDirectory{};
  all.back().second.prefix_index = EventIndex{};
  for (PoolParams& pool : all.back().second.pools) {
    pool.engine.kv_blocks = 1200;
    pool.engine.max_model_len = Tokens{16 * 1200};
  }
  add("query, crashes", two_regions()).federation.directory = QueryDirectory{};
  all.back().second.faults = {CrashFault{2s, "east", 0, 2s}, CrashFault{4s, "west", 1, 2s},
                              CrashFault{5s, "east", 1, 1s}};
  add("query, slow link", two_regions()).federation.directory = QueryDirectory{};
  all.back().second.federation.links[0].bandwidth = BytesPerSecond{0.3e9};
  add("sticky", two_regions()).router.prefill.name = "sticky_region";
  add("least loaded over all", two_regions()).router.prefill.name = "least_loaded";
  add("remote prefill", remote_prefill(HandoffMode::after_prefill));
  add("remote prefill, layer by layer", remote_prefill(HandoffMode::layerwise));
  add("remote prefill, layer by layer, crashes", remote_prefill(HandoffMode::layerwise)).faults = {
      CrashFault{3s, "prefill", 0, 3s}, CrashFault{5s, "decode", 1, 2s}};
  add("dynamo", conditional("dynamo"));
  add("llm-d", conditional("llm-d"));
  add("llm-d, layer by layer", conditional("llm-d")).transfer.mode = HandoffMode::layerwise;
  all.back().second.transfer.decode_kv = DecodeKv::drop;
  add("held back, shortest first", mixed_cluster()).router.admission.queue_threshold = 0.05;
  all.back().second.router.admission.hold_order = HoldOrder::wspt;
  add("held back, last first, crashes", mixed_cluster()).router.admission.queue_threshold = 0.05;
  all.back().second.router.admission.hold_order = HoldOrder::lcfs;
  all.back().second.faults = {CrashFault{2s, "mixed", 0, 2s}, CrashFault{2s, "mixed", 1, 2s},
                              CrashFault{2s, "mixed", 2, 2s}};
  return all;
}

/// Prefill far away: east of a decode side with its own prefill replicas.
Scenario prfaas() {
  Scenario scenario = remote_prefill(HandoffMode::layerwise);
  PoolParams near = scenario.pools[0];
  near.name = "near";
  near.region = "west";
  scenario.pools.push_back(near);
  scenario.router.disaggregation = DisaggregationParams{};
  scenario.router.disaggregation->name = "prfaas";
  scenario.router.disaggregation->threshold = Tokens{700};
  return scenario;
}

/// A run's result, by the numbers that a child process prints.
std::map<std::string, double> outcome_of(const Scenario& scenario) {
  const std::string text = in_child([&] {
    Simulation simulation{scenario, test_catalogue()};
    const auto recorder = simulation.make_recorder();
    const RunOutcome outcome = simulation.run(*recorder);
    const FederationCounters& c = outcome.federation.counters;
    double wan = 0;
    for (const WanLinkOutcome& link : outcome.federation.links) wan += link.bytes;
    const auto results = recorder->results();
    double transferred = static_cast<double>(results.whole.tally.transferred);
    std::string out;
    for (const auto& [name, value] :
         std::map<std::string, double>{{"away", static_cast<double>(c.routed_away)},
                                       {"home", static_cast<double>(c.routed_home)},
                                       {"messages", static_cast<double>(c.question_messages)},
                                       {"questions", static_cast<double>(c.questions)},
                                       {"across", static_cast<double>(c.fetched_across_tokens)},
                                       {"remote", static_cast<double>(c.computed_remote)},
                                       {"local", static_cast<double>(c.computed_local)},
                                       {"directory", static_cast<double>(outcome.federation.directory_bytes)},
                                       {"held", static_cast<double>(outcome.cluster.held_back)},
                                       {"completed", static_cast<double>(results.whole.tally.requests.completed)},
                                       {"transferred", transferred},
                                       {"wan", wan},
                                       {"ttft", results.whole.ttft->mean}}) {
      out += name + " " + std::to_string(value) + " ";
    }
    return out;
  });
  std::map<std::string, double> values;
  std::istringstream words(text);
  for (std::string name, value; words >> name >> value;) values[name] = std::stod(value);
  return values;
}

/// Every record of a run, in a child process: what `check` says of each, joined.
class RecordCheck final : public RequestSink {
 public:
  explicit RecordCheck(std::function<std::string(const RequestRecord&)> check) : check_(std::move(check)) {}
  void on_request(const RequestRecord& record) override { text += check_(record); }
  std::string text;

 private:
  std::function<std::string(const RequestRecord&)> check_;
};

std::string of_all_records(const Scenario& scenario, std::function<std::string(const RequestRecord&)> check) {
  return in_child([&] {
    Simulation simulation{scenario, test_catalogue()};
    const auto recorder = simulation.make_recorder();
    RecordCheck sink{check};
    recorder->attach(static_cast<RequestSink&>(sink));
    simulation.run(*recorder);
    return sink.text;
  });
}

}  // namespace

// Every run checks by itself that no request, block, movement or byte is lost, and that wide-area links carried what
// movements sent over them.
TEST_CASE("over regions and sides every request ends once, again the same, step by step as in stretches") {
  auto all = variants();
  all.emplace_back("prfaas", prfaas());
  for (const auto& [name, scenario] : all) {
    INFO(name);
    const std::string once = trace_in_child(scenario);
    CHECK(trace_in_child(scenario) == once);
    Scenario stepwise = scenario;
    for (PoolParams& pool : stepwise.pools) pool.engine.coalesce_decode = false;
    CHECK(trace_in_child(stepwise) == once);
    RunOptions probed;
    for (int i = 1; i < 40; ++i) probed.probe_at.push_back(kStartOfTime + i * 137ms);
    CHECK(trace_in_child(scenario, probed) == once);
  }
}

TEST_CASE("no request decodes before its KV has come from another region, nor answers before the way back") {
  for (const HandoffMode mode : {HandoffMode::after_prefill, HandoffMode::layerwise}) {
    const std::string broken = of_all_records(remote_prefill(mode), [](const RequestRecord& r) -> std::string {
      // There 30 ms, the KV back 30 ms; the decode side is at home.
      const bool ordered = r.kv_ready && *r.kv_ready >= *r.prefill_done && *r.first_token > *r.kv_ready &&
                           *r.first_scheduled >= r.arrival + 30ms && *r.kv_ready >= r.arrival + 60ms;
      return ordered ? "" : std::to_string(r.id.value()) + " ";
    });
    CHECK(broken.empty());
  }
}

TEST_CASE("a prompt served in another region waits for the way there and back, and only then") {
  Scenario scenario = two_regions();
  scenario.workload.classes.resize(1);
  scenario.router.prefill.name = "round_robin";
  auto& traffic = std::get<SyntheticParams>(scenario.workload.classes[0].traffic);
  traffic = SyntheticParams{};
  traffic.arrivals = DeterministicArrivals{RequestsPerSecond{1}};
  traffic.input = FixedLength{Tokens{512}};
  traffic.output = FixedLength{Tokens{8}};
  traffic.requests = 4;  // one for each replica: two at home, two away
  const std::string times = of_all_records(scenario, [](const RequestRecord& r) {
    return std::to_string((*r.first_token - r.arrival).count()) + " " +
           std::to_string((*r.last_token - *r.first_token).count()) + " ";
  });
  std::istringstream words(times);
  std::array<std::int64_t, 8> ns{};
  for (std::int64_t& value : ns) words >> value;
  CHECK(ns[0] == ns[2]);
  CHECK(ns[4] == ns[0] + 60'000'000);
  CHECK(ns[6] == ns[4]);
  for (const std::size_t i : {3, 5, 7}) CHECK(ns[i] == ns[1]);
}

TEST_CASE("bytes that links between regions carried are those of the movements between them, to the last one") {
  const auto all_cross = outcome_of(remote_prefill(HandoffMode::after_prefill));
  CHECK(all_cross.at("wan") > 0);
  CHECK(all_cross.at("wan") == Approx(all_cross.at("transferred")).epsilon(1e-9));
  auto nothing = two_regions();
  nothing.router.prefill.name = "sticky_region";
  CHECK(outcome_of(nothing).at("wan") == 0);
}

TEST_CASE("questions cost their messages and their round trips; filters cost bytes and no wait") {
  Scenario scenario = two_regions();
  scenario.router.prefill.name = "sticky_region";  // answers change nothing: only the wait is seen
  const auto silent = outcome_of(scenario);
  CHECK(silent.at("questions") == 0);
  scenario.federation.directory = QueryDirectory{};
  scenario.federation.ask_from = Tokens{0};
  const auto asked = outcome_of(scenario);
  CHECK(asked.at("questions") == 300);
  CHECK(asked.at("messages") == 600);                   // one other region: there and back
  CHECK(asked.at("ttft") > silent.at("ttft") + 0.040);  // 60 ms, less what is cached meanwhile
  scenario.federation.directory = HomeDirectory{4};
  const auto by_hash = outcome_of(scenario);
  CHECK(by_hash.at("questions") == 300);
  CHECK(by_hash.at("messages") < 600);  // some prompts' home is the client's own region
  CHECK(by_hash.at("messages") > 0);
  scenario.federation.directory = DigestDirectory{};
  const auto digest = outcome_of(scenario);
  CHECK(digest.at("questions") == 0);
  CHECK(digest.at("directory") > 0);
  CHECK(digest.at("ttft") == Approx(silent.at("ttft")).epsilon(1e-9));
}

TEST_CASE("conditional disaggregation computes some prompts on each side, and all on one at its extremes") {
  Scenario scenario = conditional("llm-d");
  const auto both = outcome_of(scenario);
  CHECK(both.at("remote") > 0);
  CHECK(both.at("local") > 0);
  CHECK(both.at("completed") == 300);
  scenario.router.disaggregation->non_cached_tokens = Tokens{0};
  CHECK(outcome_of(scenario).at("remote") == 0);
  scenario = conditional("dynamo");
  scenario.router.disaggregation->max_prefill_queue_size = 0;
  CHECK(outcome_of(scenario).at("remote") == 0);
  scenario.router.disaggregation->max_prefill_queue_size = 1'000'000;
  scenario.router.disaggregation->max_local_prefill_length = Tokens{0};
  CHECK(outcome_of(scenario).at("local") == 0);
}

TEST_CASE("requests held back at the router all go on in the end") {
  Scenario scenario = mixed_cluster();
  scenario.router.admission.queue_threshold = 0.05;
  const auto held = outcome_of(scenario);
  CHECK(held.at("held") > 0);
  CHECK(held.at("completed") == 300);
}
