#include "sim/kv/gc/collector.h"

#include <algorithm>

#include "models/units/check.h"

namespace cleave {

Collector::Collector(const GcParams& params, std::size_t holders)
    : params_(params),
      alive_(holders, true),
      skew_(holders, Duration{0}),
      next_heartbeat_(TimePoint{params.heartbeat}),
      next_epoch_(TimePoint{params.epoch}) {}

bool Collector::is_live(GcBlock block) const {
  const Block& b = blocks_[block.index()];
  return std::any_of(b.holds.begin(), b.holds.end(), [&](const auto& h) { return alive_[h.first.index()]; });
}

/// Keeps account of how long a block has been garbage.
void Collector::note_liveness(GcBlock block) {
  Block& b = blocks_[block.index()];
  if (b.freed) return;
  if (is_live(block))
    b.garbage_since.reset();
  else if (!b.garbage_since)
    b.garbage_since = now_;
}

GcBlock Collector::create(GcHolder holder) {
  SIM_CHECK(alive_[holder.index()], "a dead holder makes a block");
  const GcBlock id{blocks_.size()};
  Block& block = blocks_.emplace_back();
  // The owner is told together with the content: that message cannot be lost alone.
  block.holds[holder] = {params_.weight, now_ + params_.lease};
  block.known = 1;
  block.out = params_.weight;
  ++open_;
  ++counters_.created;
  return id;
}

void Collector::share(GcBlock block, GcHolder from, GcHolder to) {
  Block& b = blocks_[block.index()];
  SIM_CHECK(alive_[from.index()] && alive_[to.index()], "a dead holder shares a block");
  const auto source = b.holds.find(from);
  SIM_CHECK(source != b.holds.end(), "who does not hold a block cannot pass it on");
  if (b.holds.contains(to)) return;
  Hold hold{0, now_ + params_.lease};
  if (params_.scheme == GcScheme::weighted_count && source->second.weight > 1) {
    // Half of the weight goes along: the registry need not hear of it, and cannot hear of it too late.
    hold.weight = source->second.weight / 2;
    source->second.weight -= hold.weight;
  } else if (params_.scheme != GcScheme::mark_sweep) {
    if (params_.scheme == GcScheme::weighted_count) {  // nothing left to split: the registry gives more
      hold.weight = params_.weight;
      b.out += params_.weight;
      ++counters_.messages;
    } else {
      send(block, +1, 0, false);
    }
  }
  b.holds[to] = hold;
  b.unmarked = 0;
  note_liveness(block);
}

void Collector::release(GcBlock block, GcHolder holder, bool lost) {
  Block& b = blocks_[block.index()];
  const auto hold = b.holds.find(holder);
  SIM_CHECK(hold != b.holds.end() && alive_[holder.index()], "who does not hold a block cannot let go of it");
  const std::uint64_t weight = hold->second.weight;
  b.holds.erase(hold);
  if (params_.scheme != GcScheme::mark_sweep) send(block, -1, weight, lost);
  note_liveness(block);
}

void Collector::crash(GcHolder holder) {
  alive_[holder.index()] = false;
  for (std::size_t i = 0; i < blocks_.size(); ++i) note_liveness(GcBlock{i});
}

void Collector::send(GcBlock block, std::int64_t change, std::uint64_t weight, bool lost) {
  ++counters_.messages;
  if (lost) {
    ++counters_.messages_lost;
    return;
  }
  messages_.insert({now_ + params_.message_delay, sent_++, block, change, weight});
}

void Collector::arrive(const Message& message) {
  Block& b = blocks_[message.block.index()];
  if (b.freed) return;
  b.known += message.change;
  b.out -= message.weight;
  judge(message.block);
}

/// Whether the owner takes a block for garbage now.
void Collector::judge(GcBlock block) {
  Block& b = blocks_[block.index()];
  switch (params_.scheme) {
    case GcScheme::local_count:
      if (b.known <= 0) free(block);
      break;
    case GcScheme::weighted_count:
      if (b.out == 0) free(block);
      break;
    case GcScheme::tombstone:
      if (b.known > 0)
        b.marked_dead.reset();
      else if (!b.marked_dead)
        b.marked_dead = now_;
      break;
    case GcScheme::lease:
    case GcScheme::mark_sweep:
      break;  // by time alone
  }
}

/// Living holders renew what they hold. One whose clock is behind sends its heartbeat that much later.
void Collector::heartbeats() {
  std::vector<bool> speaks(alive_.size(), false);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    Block& b = blocks_[i];
    if (b.freed) continue;
    for (auto& [holder, hold] : b.holds) {
      if (!alive_[holder.index()]) continue;
      speaks[holder.index()] = true;
      hold.lease_until = std::max(hold.lease_until, now_ - skew_[holder.index()] + params_.lease);
    }
  }
  counters_.messages += static_cast<std::uint64_t>(std::count(speaks.begin(), speaks.end(), true));
}

/// Living holders name what they hold; what nobody named in this epoch nor the one before goes.
void Collector::sweep() {
  std::vector<bool> speaks(alive_.size(), false);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    Block& b = blocks_[i];
    if (b.freed) continue;
    bool marked = false;
    for (const auto& [holder, hold] : b.holds) {
      if (!alive_[holder.index()]) continue;
      marked = speaks[holder.index()] = true;
    }
    b.unmarked = marked ? 0 : b.unmarked + 1;
    if (b.unmarked >= 2) free(GcBlock{i});
  }
  counters_.messages += static_cast<std::uint64_t>(std::count(speaks.begin(), speaks.end(), true));
}

void Collector::expire() {
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    Block& b = blocks_[i];
    if (b.freed) continue;
    if (params_.scheme == GcScheme::lease) {
      const bool valid = std::any_of(b.holds.begin(), b.holds.end(),
                                     [&](const auto& h) { return now_ < h.second.lease_until + params_.skew_margin; });
      if (!valid) free(GcBlock{i});
    } else if (params_.scheme == GcScheme::tombstone && b.marked_dead && now_ >= *b.marked_dead + params_.grace) {
      free(GcBlock{i});
    }
  }
}

void Collector::free(GcBlock block) {
  Block& b = blocks_[block.index()];
  SIM_CHECK(!b.freed, "a block is freed twice");
  if (is_live(block)) ++counters_.premature_frees;
  const TimePoint since = b.garbage_since.value_or(now_);
  const std::int64_t waited = (now_ - since).count();
  counters_.reclaim_ns += waited;
  counters_.longest_reclaim_ns = std::max(counters_.longest_reclaim_ns, waited);
  counters_.leaked_ns += waited;
  b.freed = true;
  ++counters_.freed;
  --open_;
}

TimePoint Collector::next_event(TimePoint limit) const {
  TimePoint next = limit;
  if (!messages_.empty()) next = std::min(next, messages_.begin()->at);
  if (params_.scheme == GcScheme::lease) next = std::min(next, next_heartbeat_);
  if (params_.scheme == GcScheme::mark_sweep) next = std::min(next, next_epoch_);
  for (const Block& b : blocks_) {
    if (b.freed) continue;
    if (params_.scheme == GcScheme::tombstone && b.marked_dead) next = std::min(next, *b.marked_dead + params_.grace);
    if (params_.scheme != GcScheme::lease) continue;
    TimePoint last{};
    for (const auto& [holder, hold] : b.holds) last = std::max(last, hold.lease_until + params_.skew_margin);
    next = std::min(next, std::max(last, now_));
  }
  return next;
}

void Collector::advance(TimePoint to) {
  SIM_CHECK(to >= now_, "a collector's time went back");
  for (;;) {
    const TimePoint next = next_event(to);
    now_ = std::max(now_, next);
    while (!messages_.empty() && messages_.begin()->at <= now_) {
      const Message message = *messages_.begin();
      messages_.erase(messages_.begin());
      arrive(message);
    }
    if (params_.scheme == GcScheme::lease && next_heartbeat_ <= now_) {
      heartbeats();
      next_heartbeat_ += params_.heartbeat;
    }
    if (params_.scheme == GcScheme::mark_sweep && next_epoch_ <= now_) {
      sweep();
      next_epoch_ += params_.epoch;
    }
    expire();
    if (now_ >= to) return;
  }
}

std::optional<Duration> Collector::bound_after_crash() const {
  switch (params_.scheme) {
    case GcScheme::lease:
      return params_.lease + params_.skew_margin;
    case GcScheme::mark_sweep:
      return 2 * params_.epoch;
    case GcScheme::local_count:
    case GcScheme::weighted_count:
    case GcScheme::tombstone:
      return std::nullopt;  // a reference that died with its holder never comes back
  }
  return std::nullopt;
}

void Collector::check_consistency() const {
  std::size_t open = 0;
  for (const Block& b : blocks_) {
    open += b.freed ? 0 : 1;
    std::uint64_t held = 0;
    for (const auto& [holder, hold] : b.holds) held += hold.weight;
    SIM_CHECK(b.freed || params_.scheme != GcScheme::weighted_count || held <= b.out,
              "more weight is held than was given");
  }
  SIM_CHECK(open == open_ && counters_.created == counters_.freed + open_, "the collector's count of blocks is wrong");
}

}  // namespace cleave
