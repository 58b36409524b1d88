// What plain max-min sharing must do. Each case runs in a process of its own: SimGrid has one engine per process.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "sim/core/simgrid_kernel.h"
#include "tests/law/star.h"

using namespace cleave;
using namespace std::chrono_literals;

namespace {

/// Records when each of its flows ended, in nanoseconds.
struct Ends {
  std::vector<std::int64_t> at;
  std::vector<FlowEnd> how;
  std::vector<std::int64_t> told;  // which flow, in order
  explicit Ends(std::size_t n) : at(n, -1), how(n, FlowEnd::done) {}
};

FlowId send(Kernel& kernel, Ends& ends, std::size_t slot, std::size_t from, std::size_t to, std::int64_t bytes,
            std::optional<BytesPerSecond> cap = {}) {
  return kernel.transfer({PlaceId{from}, PlaceId{to}, Bytes{bytes}, cap}, [&kernel, &ends, slot](FlowEnd end) {
    ends.at[slot] = kernel.now().time_since_epoch().count();
    ends.how[slot] = end;
    ends.told.push_back(static_cast<std::int64_t>(slot));
  });
}

void at(Kernel& kernel, Duration time, EventFn fn) {
  kernel.at(TimePoint{time}, {Phase::decision}, std::move(fn));
}

constexpr std::int64_t kGb = 1'000'000'000;

}  // namespace

TEST_CASE("a lone flow takes exactly its latency plus bytes over bandwidth") {
  const auto kernel = make_simgrid_kernel(star({2e9, 1e9}, {3us, 4us}));
  Ends ends(3);
  send(*kernel, ends, 0, 0, 1, kGb);
  at(*kernel, 7s, [&] { send(*kernel, ends, 1, 1, 0, 12'345); });
  at(*kernel, 9999s, [&] { send(*kernel, ends, 2, 0, 1, 1); });
  kernel->run();
  CHECK(ends.at[0] == 1'000'003'000);
  CHECK(ends.at[1] == 7'000'000'000 + 4'000 + 12'345);
  CHECK(ends.at[2] == 9'999'000'003'001);
}

TEST_CASE("flows over routes of 1 us, 5 us and 1 ms share a link equally") {
  const auto kernel = make_simgrid_kernel(star({10e9, 10e9, 10e9, 3e9}, {1us, 5us, 1ms, 0us}));
  Ends ends(3);
  // They start so that their bytes leave at the same instant.
  at(*kernel, 1ms - 1us, [&] { send(*kernel, ends, 0, 0, 3, kGb); });
  at(*kernel, 1ms - 5us, [&] { send(*kernel, ends, 1, 1, 3, kGb); });
  send(*kernel, ends, 2, 2, 3, kGb);
  kernel->run();
  for (const auto end : ends.at) CHECK(end == 1'001'000'000);
}

TEST_CASE("a rate cap holds, also when it is changed midway, and leaves the rest to others") {
  const auto kernel = make_simgrid_kernel(star({10e9, 10e9, 1e9}, {}));
  Ends ends(2);
  const FlowId capped = send(*kernel, ends, 0, 0, 2, kGb, BytesPerSecond{2e8});
  send(*kernel, ends, 1, 1, 2, kGb);
  at(*kernel, 500ms, [&] {
    CHECK(kernel->remaining(capped) == Bytes{900'000'000});
    kernel->set_rate_cap(capped, BytesPerSecond{4e8});
  });
  at(*kernel, 1s, [&] { kernel->set_rate_cap(capped, std::nullopt); });
  kernel->run();
  // Capped: 0.1 + 0.2 GB by 1 s, then half of the link until the other (0.4 + 0.3 GB done) ends at 1.6 s, then all.
  CHECK(ends.at[1] == 1'600'000'000);
  CHECK(ends.at[0] == 2'000'000'000);
}

TEST_CASE("a cancelled flow returns its share at once and is never reported") {
  const auto kernel = make_simgrid_kernel(star({10e9, 10e9, 1e9}, {}));
  Ends ends(2);
  const FlowId cancelled = send(*kernel, ends, 0, 0, 2, kGb);
  send(*kernel, ends, 1, 1, 2, kGb);
  at(*kernel, 1s, [&] {
    kernel->cancel(cancelled);
    kernel->cancel(cancelled);
  });
  kernel->run();
  CHECK(ends.at[0] == -1);
  CHECK(ends.at[1] == 1'500'000'000);
  CHECK(kernel->remaining(cancelled) == Bytes{0});
}

TEST_CASE("six flows through an oversubscribed spine split it max-min as they come and go") {
  // Two racks of three places (1 GB/s each); each rack's uplink carries 1.5 GB/s.
  const auto kernel = make_simgrid_kernel(two_racks(1e9, 1.5e9));
  Ends ends(6);
  send(*kernel, ends, 0, 0, 3, kGb);            // A: spine
  send(*kernel, ends, 1, 1, 4, kGb);            // B: spine
  send(*kernel, ends, 2, 2, 5, kGb);            // C: spine       A, B, C: 0.5 each
  send(*kernel, ends, 3, 0, 1, kGb);            // D: inside rack 0, shares place 0's NIC with A: gets 0.5
  at(*kernel, 1s, [&] {                         // A, B, C, D have 0.5 GB left each
    send(*kernel, ends, 4, 1, 5, 250'000'000);  // E: spine, into place 5 beside C
    // Spine of 4 flows: 0.375 each; D takes the rest of place 0's NIC: 0.625.
  });
  // D ends at 1 + 0.5/0.625 = 1.8 s. E (0.25 GB at 0.375) ends at 1 + 2/3 s: first. Then A, B, C have 0.25 GB left and
  // run at 0.5 again; D has 0.5 - 0.625 * 2/3 = 1/12 GB left and runs at 0.5: ends at 1 + 2/3 + 1/6 = 1.8333 s.
  // A, B, C end at 1 + 2/3 + 0.5 = 2.1667 s.
  at(*kernel, 3s, [&] { send(*kernel, ends, 5, 3, 0, kGb); });  // F: the other way, alone: 1 GB/s
  kernel->run();
  CHECK(ends.at[4] == 1'666'666'667);
  CHECK(ends.at[3] == 1'833'333'334);
  CHECK(ends.at[0] == 2'166'666'667);
  CHECK(ends.at[1] == 2'166'666'667);
  CHECK(ends.at[2] == 2'166'666'667);
  CHECK(ends.at[5] == 4'000'000'000);
}

TEST_CASE("five flows through one PCIe root split it max-min") {
  // Place 0 is behind a root of 4 GB/s; the others have ports of 1, 1, 1, 0.5 and 8 GB/s.
  const auto kernel = make_simgrid_kernel(star({4e9, 1e9, 1e9, 1e9, 0.5e9, 8e9}, {}));
  Ends ends(5);
  for (std::size_t i = 0; i < 5; ++i) send(*kernel, ends, i, 0, i + 1, kGb);
  // Fair share 0.8: the fourth takes 0.5, the others (4 - 0.5) / 4 = 0.875 each, until 1/0.875 = 1.142857 s.
  // Then the fourth has 1 - 0.5714286 GB left, alone at 0.5 GB/s: 0.857143 s more: 2 s in all.
  kernel->run();
  for (const std::size_t i : {0U, 1U, 2U, 4U}) CHECK(ends.at[i] == 1'142'857'143);
  CHECK(ends.at[3] == 2'000'000'000);
}

TEST_CASE("raising a link's bandwidth speeds up the flows under way") {
  Topology topology = star({1e9, 1e9}, {});
  for (auto& link : topology.links) link.may_degrade = true;
  const auto kernel = make_simgrid_kernel(topology);
  Ends ends(1);
  kernel->scale_link(LinkId{0}, 0.5);
  send(*kernel, ends, 0, 0, 1, kGb);
  at(*kernel, 1s, [&] { kernel->scale_link(LinkId{0}, 1.0); });
  kernel->run();
  CHECK(ends.at[0] == 1'500'000'000);
}

TEST_CASE("a link that goes down fails its flows, and those started while it is down") {
  Topology topology = star({1e9, 1e9, 1e9}, {});
  const auto kernel = make_simgrid_kernel(topology);
  Ends ends(4);
  send(*kernel, ends, 0, 0, 2, kGb);
  send(*kernel, ends, 1, 1, 2, kGb);
  at(*kernel, 1s, [&] { kernel->set_link_up(LinkId{0}, false); });  // place 0's way out
  at(*kernel, 1100ms, [&] { send(*kernel, ends, 2, 0, 1, kGb); });
  at(*kernel, 5s, [&] { kernel->set_link_up(LinkId{0}, true); });
  at(*kernel, 6s, [&] { send(*kernel, ends, 3, 0, 1, kGb); });
  kernel->run();
  CHECK(ends.how[0] == FlowEnd::failed);
  CHECK(ends.at[0] == 1'000'000'000);
  CHECK(ends.how[1] == FlowEnd::done);
  CHECK(ends.at[1] == 1'500'000'000);
  CHECK(ends.how[2] == FlowEnd::failed);
  CHECK(ends.at[2] == 1'100'000'000);
  CHECK(ends.how[3] == FlowEnd::done);
  CHECK(ends.at[3] == 7'000'000'000);
}

TEST_CASE("bytes counted on links equal the bytes delivered, and a window's peak is its mean") {
  const auto kernel = make_simgrid_kernel(star({1e9, 4e9}, {}));
  Ends ends(1);
  send(*kernel, ends, 0, 0, 1, kGb);
  at(*kernel, 500ms, [&] { kernel->sample_links(); });
  at(*kernel, 2500ms, [&] { kernel->sample_links(); });
  kernel->run();
  const auto usage = kernel->link_usage();
  CHECK(usage[0].bytes == Approx(1e9).epsilon(1e-12));  // out of place 0
  CHECK(usage[0].peak_utilisation == Approx(1.0).epsilon(1e-9));
  CHECK(usage[3].bytes == Approx(1e9).epsilon(1e-12));  // into place 1
  CHECK(usage[3].peak_utilisation == Approx(0.25).epsilon(1e-9));
  CHECK(usage[1].bytes == 0);
}

TEST_CASE("a window counts what moved before its end, also of a flow that is cancelled at that instant") {
  const auto kernel = make_simgrid_kernel(star({1e9, 4e9, 1e9}, {}));
  Ends ends(2);
  const FlowId first = send(*kernel, ends, 0, 0, 1, kGb);
  send(*kernel, ends, 1, 2, 1, 3 * kGb);
  at(*kernel, 500ms, [&] {
    kernel->sample_links();
    kernel->cancel(first);
  });
  at(*kernel, 2500ms, [&] { kernel->sample_links(); });
  kernel->run();
  const auto usage = kernel->link_usage();
  CHECK(usage[0].bytes == Approx(5e8).epsilon(1e-9));
  CHECK(usage[0].peak_utilisation == Approx(1.0).epsilon(1e-9));
}

TEST_CASE("a run that is stopped midway counts what its flows have moved, and reports none of them") {
  const auto kernel = make_simgrid_kernel(star({1e9, 4e9}, {}));
  Ends ends(1);
  send(*kernel, ends, 0, 0, 1, kGb);
  at(*kernel, 500ms, [] {});
  at(*kernel, 600ms, [] {});
  kernel->run([&] { return kernel->now() >= TimePoint{500ms}; });
  kernel->sample_links();
  CHECK(kernel->now() == TimePoint{500ms});
  CHECK(kernel->link_usage()[0].bytes == Approx(5e8).epsilon(1e-9));
  CHECK(ends.at[0] == -1);
}

namespace {

struct Send {
  Kernel* kernel;
  Ends* ends;
  std::size_t slot, from, to;
  std::int64_t bytes;
  FlowId flow{};
};

constexpr std::size_t kFlows = 400;
constexpr std::int64_t kNever = -1;

/// What happens at every tenth of a millisecond beside the flows.
enum class Beside { nothing, idle_events, looks };

/// When each of 400 random flows among four places ended, then which were told in what order. Some are capped for a
/// while, some cancelled, most of these under way; a link fails twice and another is slow for a while.
std::vector<std::int64_t> ends_of_random_flows(const SimGridOptions& options, Beside beside) {
  Topology topology = star({1e9, 1e9, 2e9, 3e9}, {1us, 2us, 3us, 4us});
  topology.links[0].may_degrade = true;
  const auto kernel = make_simgrid_kernel(topology, options);
  Ends ends(kFlows);
  std::vector<Send> sends;  // not moved once flows know them
  std::uint64_t state = 42;
  const auto draw = [&state](std::uint64_t n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % n;
  };
  for (std::size_t i = 0; i < kFlows; ++i) {
    const std::size_t from = draw(4);
    sends.push_back(
        {kernel.get(), &ends, i, from, (from + 1 + draw(3)) % 4, static_cast<std::int64_t>(1 + draw(100'000'000))});
  }
  for (Send& s : sends) {
    Duration begin{static_cast<std::int64_t>(draw(10'000'000'000))};
    if (s.slot % 2 == 0) {  // most of these end at a whole millisecond, where others begin, or somebody looks
      begin = std::chrono::ceil<std::chrono::milliseconds>(begin) - static_cast<int>(s.from + 1) * 1us;
      s.bytes = std::max<std::int64_t>(1, s.bytes / 1'000'000) * 1'000'000;
    }
    at(*kernel, begin, [&s] { s.flow = send(*s.kernel, *s.ends, s.slot, s.from, s.to, s.bytes); });
    const Duration later = begin + Duration{static_cast<std::int64_t>(1 + draw(50'000'000))};
    if (s.slot % 5 == 0) {
      at(*kernel, later, [&s] { s.kernel->set_rate_cap(s.flow, BytesPerSecond{1e8}); });
      at(*kernel, later + 20ms, [&s] { s.kernel->set_rate_cap(s.flow, std::nullopt); });
    }
    if (s.slot % 7 == 0) at(*kernel, later, [&s] { s.kernel->cancel(s.flow); });
  }
  for (const Duration fails : {3s, 7s}) {
    at(*kernel, fails, [&k = *kernel] { k.set_link_up(LinkId{4}, false); });
    at(*kernel, fails + 100ms, [&k = *kernel] { k.set_link_up(LinkId{4}, true); });
  }
  at(*kernel, 5s, [&k = *kernel] { k.scale_link(LinkId{0}, 0.5); });
  at(*kernel, 6s, [&k = *kernel] { k.scale_link(LinkId{0}, 1.0); });
  for (std::size_t i = 0; i < 110'000 && beside != Beside::nothing; ++i) {
    at(*kernel, i * 100us, [&k = *kernel, &s = sends[i % kFlows], looks = beside == Beside::looks] {
      if (!looks) return;
      (void)k.remaining(s.flow);
      k.sample_links();
    });
  }
  kernel->run();
  std::vector<std::int64_t> all = ends.at;
  all.insert(all.end(), ends.told.begin(), ends.told.end());
  all.resize(2 * kFlows, kNever);
  return all;
}

/// The same in a child process, as a second engine needs one.
std::vector<std::int64_t> in_a_child(const SimGridOptions& options, Beside beside = Beside::nothing) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto at = ends_of_random_flows(options, beside);
    const auto bytes = static_cast<ssize_t>(at.size() * sizeof(at[0]));
    _exit(write(ends[1], at.data(), static_cast<std::size_t>(bytes)) == bytes ? 0 : 1);
  }
  close(ends[1]);
  std::vector<std::int64_t> at(2 * kFlows);
  std::size_t got = 0;
  while (got < at.size() * sizeof(at[0])) {
    const ssize_t n = read(ends[0], reinterpret_cast<char*>(at.data()) + got, at.size() * sizeof(at[0]) - got);
    REQUIRE(n > 0);
    got += static_cast<std::size_t>(n);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return at;
}

}  // namespace

TEST_CASE("somebody who asks early and often how far a flow has come is told the same, and changes nothing") {
  const auto kernel = make_simgrid_kernel(star({10e9, 10e9, 1e9}, {}));
  Ends ends(2);
  const FlowId first = send(*kernel, ends, 0, 0, 2, kGb);
  at(*kernel, 200ms, [&] { send(*kernel, ends, 1, 1, 2, kGb); });
  // Alone until 0.2 s, then with half of the link. Between these instants nothing begins or ends.
  for (const auto& [time, left] : {std::pair{100ms, 900}, {101ms, 899}, {200ms, 800}, {300ms, 750}, {400ms, 700}}) {
    at(*kernel, time, [&, left = left] { CHECK(kernel->remaining(first) == Bytes{left * kGb / 1000}); });
  }
  kernel->run();
  CHECK(ends.at[0] == 1'800'000'000);
  CHECK(ends.at[1] == 2'000'000'000);
}

TEST_CASE("a flow that ends at the very instant at which another begins is told of at that instant") {
  const auto kernel = make_simgrid_kernel(star({1e9, 1e9, 1e9, 1e9}, {}));
  Ends ends(3);
  send(*kernel, ends, 0, 0, 1, kGb);
  send(*kernel, ends, 1, 2, 3, 2 * kGb);
  at(*kernel, 1s, [&] { send(*kernel, ends, 2, 3, 2, kGb); });
  at(*kernel, 1500ms, [&] { CHECK(ends.at[0] == 1'000'000'000); });
  kernel->run();
  CHECK(ends.at == std::vector<std::int64_t>{1'000'000'000, 2'000'000'000, 2'000'000'000});
}

TEST_CASE("a flow's end is told among the events of its instant by its phase") {
  constexpr std::size_t kPairs = 9;
  const auto kernel = make_simgrid_kernel(star(std::vector<double>(2 * kPairs, 1e9), {}));
  Ends ends(kPairs);
  for (std::size_t i = 0; i < kPairs; ++i) {
    const Duration end = 100ms * (i + 1);  // some of them are exact as fractions of two, others are not
    send(*kernel, ends, i, 2 * i, 2 * i + 1, end.count());
    kernel->at(TimePoint{end}, {Phase::fault}, [&, i] { CHECK(ends.at[i] == -1); });
    for (const Phase phase : {Phase::arrival, Phase::decision, Phase::step, Phase::observe}) {
      kernel->at(TimePoint{end}, {phase}, [&, i, end] { CHECK(ends.at[i] == end.count()); });
    }
  }
  kernel->run();
  CHECK(std::count(ends.at.begin(), ends.at.end(), -1) == 0);
}

TEST_CASE("what fails with a link is told before whatever else happens at that instant") {
  const auto kernel = make_simgrid_kernel(star({1e9, 1e9}, {}));
  Ends ends(1);
  send(*kernel, ends, 0, 0, 1, kGb);
  bool told = false;
  kernel->at(TimePoint{300ms}, {Phase::step}, [] {});  // time goes on while the flow is under way
  kernel->at(TimePoint{500ms}, {Phase::fault}, [&] { kernel->set_link_up(LinkId{0}, false); });
  kernel->at(TimePoint{500ms}, {Phase::step}, [&] { told = ends.at[0] == 500'000'000; });
  kernel->run();
  CHECK(told);
  CHECK(ends.how[0] == FlowEnd::failed);
}

TEST_CASE("flows end at the same nanosecond whether idle time skips the engine, links are pruned or someone looks on") {
  const auto plain = in_a_child({true, true});
  const auto cancelled = std::count(plain.begin(), plain.begin() + kFlows, kNever);
  CHECK(cancelled > 10);
  CHECK(cancelled < 60);
  CHECK(in_a_child({false, true}) == plain);
  CHECK(in_a_child({true, false}) == plain);
  CHECK(in_a_child({true, true}, Beside::idle_events) == plain);
  CHECK(in_a_child({true, true}, Beside::looks) == plain);
}
