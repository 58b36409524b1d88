#include "sim/study/plan/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "models/units/error.h"
#include "models/units/text.h"
#include "sim/study/plan/rank.h"

namespace cleave {
namespace {

Settings settings_from(const SettingMap& map) {
  Settings settings;
  for (const auto& [path, value] : map) settings.push_back({path, value});
  return settings;
}

Settings joined(Settings first, const Settings& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// What the bound needs of every option.
struct OptionBound {
  std::vector<ReplicaCapacity> capacities;
  Counts counts;
  std::string impossible;  // why no number of replicas can run
};

/// One price list and one mix.
class Planner {
 public:
  Planner(const PlanParams& plan, const PriceList& prices, const Settings& mix, const ScenarioFamily& family,
          const Catalogue& catalogue, const SimulatePoint& simulate, const EvaluateOptions& options)
      : plan_(plan),
        prices_(prices),
        mix_(mix),
        family_(family),
        catalogue_(catalogue),
        evaluator_(plan, family, catalogue, simulate, options) {}

  PlanAnswer run(const std::string& mix_name) {
    answer_.prices = prices_.name;
    answer_.prices_date = prices_.date;
    answer_.mix = mix_name;
    answer_.options = options_of(plan_, prices_, catalogue_, answer_.notes);
    if (answer_.options.empty()) return std::move(answer_);
    find_bounds();
    if (plan_.objective == PlanObjective::cheapest) {
      find_cheapest();
    } else {
      find_highest_goodput();
    }
    for (PlanCandidate& candidate : answer_.evaluated) add_costs(candidate);
    answer_.simulations = evaluator_.simulations();
    std::vector<Counts> bounds;
    std::vector<std::string> impossible;
    for (const OptionBound& bound : bounds_) {
      bounds.push_back(bound.counts);
      impossible.push_back(bound.impossible);
    }
    answer_.ranking = rank_candidates(plan_, answer_, groups_, bounds, impossible);
    return std::move(answer_);
  }

 private:
  [[nodiscard]] Settings settings(std::size_t option, const Counts& counts) const {
    return joined(settings_of(answer_.options[option], counts), mix_);
  }

  static Counts most_of(const PlanOption& option) {
    Counts most;
    for (const PlanChoice& choice : option.pools) most.push_back(choice.params->replicas.to);
    return most;
  }

  /// The pilot: the first option that runs, with the most replicas that it may have.
  [[nodiscard]] PilotLoad pilot() {
    std::string error;
    for (std::size_t i = 0; i < answer_.options.size(); ++i) {
      try {
        const Settings largest = settings(i, most_of(answer_.options[i]));
        const LoadedScenario loaded = family_.variant(largest, plan_.first_seed);
        return pilot_load(evaluator_.run_once(largest), loaded.scenario);
      } catch (const ConfigError& failure) {
        error = failure.what();
      }
    }
    answer_.notes.push_back("no option can run: " + error);
    return {};
  }

  void find_bounds() {
    const PilotLoad load = pilot();
    for (std::size_t i = 0; i < answer_.options.size(); ++i) {
      OptionBound& bound = bounds_.emplace_back();
      SearchGroup& group = groups_.emplace_back();
      const PlanOption& option = answer_.options[i];
      for (const PlanChoice& choice : option.pools) {
        group.least.push_back(choice.params->replicas.from);
        group.most.push_back(choice.params->replicas.to);
        group.unit_cost.push_back(choice.price * choice.accelerators());
      }
      group.allowed = [this, &option](const Counts& counts) { return within_limits(option, counts); };
      bound.counts = group.least;
      try {
        const LoadedScenario loaded = family_.variant(settings(i, group.least), plan_.first_seed);
        for (const PoolPlan& pool : plan_pools(loaded.scenario, catalogue_)) {
          bound.capacities.push_back(capacity_of(pool, load));
        }
        if (!plan_.rate) bound.counts = bound_of(option, bound.capacities, load);
      } catch (const ConfigError& error) {
        bound.impossible = error.what();
        bound.capacities.assign(option.pools.size(), {1, 1});
        bound.counts.assign(option.pools.size(), 1'000'000'000);
      }
      group.bound = bound.counts;
    }
  }

  [[nodiscard]] bool within_limits(const PlanOption& option, const Counts& counts) const {
    double cost = 0;
    double watts = 0;
    std::uint32_t accelerators = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const std::uint32_t own = counts[i] * option.pools[i].accelerators();
      accelerators += own;
      cost += own * option.pools[i].price;
      watts += own * option.pools[i].rated_power;
    }
    const PlanLimits& limits = plan_.limits;
    return (!limits.budget || cost <= limits.budget->value()) &&
           (!limits.accelerators || accelerators <= *limits.accelerators) &&
           (!limits.power || watts <= limits.power->value());
  }

  std::size_t evaluated(std::size_t option, const Counts& counts, Evaluation evaluation) {
    answer_.evaluated.push_back({option, counts, cost_of(groups_[option], counts), std::move(evaluation), {}, {}, {}});
    return answer_.evaluated.size() - 1;
  }

  void find_cheapest() {
    std::vector<std::vector<std::size_t>> searches;  // options that compete
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const bool another = i > 0 && plan_.each_layout && answer_.options[i].layout != answer_.options[i - 1].layout;
      if (i == 0 || another) searches.emplace_back();
      searches.back().push_back(i);
    }
    for (const auto& options : searches) search_among(options);
    for (std::size_t i = 0; i < answer_.evaluated.size(); ++i) {
      if (answer_.evaluated[i].evaluation.holding != Holding::holds) continue;
      if (!answer_.best || answer_.evaluated[i].cost_per_hour < answer_.evaluated[*answer_.best].cost_per_hour) {
        answer_.best = i;
      }
    }
  }

  void search_among(const std::vector<std::size_t>& options) {
    std::vector<SearchGroup> groups;
    for (const std::size_t option : options) groups.push_back(groups_[option]);
    const auto verdict = [&](const SearchCandidate& c) {
      const std::size_t option = options[c.group];
      const std::size_t at = evaluated(option, c.counts, evaluator_.evaluate(settings(option, c.counts)));
      return answer_.evaluated[at].evaluation.holding;
    };
    answer_.candidates += search_cheapest(groups, verdict).candidates;
  }

  [[nodiscard]] Evaluation at_rate(std::size_t option, const Counts& counts, double rate) {
    Tree value;
    value.kind = Tree::Kind::scalar;
    value.scalar = format(RequestsPerSecond{rate});
    return evaluator_.evaluate(joined(settings(option, counts), {{plan_.rate->path, value}}));
  }

  /// Largest counts within the limits: those to which nothing can be added.
  [[nodiscard]] std::vector<Counts> largest(std::size_t option) const {
    const std::vector<Counts> all = counts_of(groups_[option]);
    std::vector<Counts> top;
    for (const Counts& counts : all) {
      const bool below = std::any_of(all.begin(), all.end(), [&](const Counts& other) {
        return other != counts && std::equal(counts.begin(), counts.end(), other.begin(), std::less_equal<>{});
      });
      if (!below) top.push_back(counts);
    }
    return top;
  }

  /// Every largest cluster: can it beat the best rate so far at all? If so, how far does it go?
  void find_highest_goodput() {
    double best_rate = 0;
    for (std::size_t option = 0; option < answer_.options.size(); ++option) {
      answer_.candidates += counts_of(groups_[option]).size();
      if (!bounds_[option].impossible.empty()) continue;
      for (const Counts& counts : largest(option)) {
        const double start = best_rate > 0 ? best_rate * (1 + plan_.rate->precision) : plan_.rate->from.value();
        const std::size_t at = raise_rate(option, counts, start);
        if (answer_.evaluated[at].best_rate.value_or(0) <= best_rate) continue;
        best_rate = *answer_.evaluated[at].best_rate;
        answer_.best = at;
      }
    }
  }

  /// Doubles the rate while it holds, then bisects.
  std::size_t raise_rate(std::size_t option, const Counts& counts, double start) {
    const double most = plan_.rate->to.value();
    const std::size_t at = evaluated(option, counts, at_rate(option, counts, std::min(start, most)));
    double holds = 0;
    double fails = std::min(start, most);
    if (answer_.evaluated[at].evaluation.holding == Holding::holds) {
      holds = fails;
      fails = 0;
      for (double next = std::min(most, 2 * holds); fails == 0 && holds < most; next = std::min(most, 2 * next)) {
        (try_rate(at, next) ? holds : fails) = next;
      }
      while (fails > 0 && fails > holds * (1 + plan_.rate->precision)) {
        const double middle = 0.5 * (holds + fails);
        (try_rate(at, middle) ? holds : fails) = middle;
      }
      answer_.evaluated[at].best_rate = holds;
    }
    if (fails > 0) answer_.evaluated[at].fails_at = fails;
    return at;
  }

  bool try_rate(std::size_t at, double rate) {
    Evaluation evaluation = at_rate(answer_.evaluated[at].option, answer_.evaluated[at].counts, rate);
    const bool holds = evaluation.holding == Holding::holds;
    if (holds) answer_.evaluated[at].evaluation = std::move(evaluation);
    return holds;
  }

  void add_costs(PlanCandidate& candidate) const {
    std::vector<double> prompt_seconds;
    std::vector<double> output_seconds;
    for (const ReplicaCapacity& capacity : bounds_[candidate.option].capacities) {
      prompt_seconds.push_back(1 / capacity.prompt_tokens);
      output_seconds.push_back(capacity.output_tokens > 0 ? 1 / capacity.output_tokens : 0);
    }
    candidate.costs = costs_of(answer_.options[candidate.option], candidate.counts, prices_,
                               candidate.evaluation.summaries, prompt_seconds, output_seconds);
  }

  const PlanParams& plan_;
  const PriceList& prices_;
  const Settings& mix_;
  const ScenarioFamily& family_;
  const Catalogue& catalogue_;
  Evaluator evaluator_;
  PlanAnswer answer_;
  std::vector<OptionBound> bounds_;
  std::vector<SearchGroup> groups_;
};

}  // namespace

PlanReport carry_out(const LoadedPlan& plan, const Catalogue& catalogue, const std::filesystem::path& catalogue_path,
                     const std::filesystem::path& data_dir, const SimulatePoint& simulate,
                     const EvaluateOptions& options) {
  PlanReport report{plan.params, plan.problems, {}, {}};
  const ScenarioFamily family(plan.params.scenario, settings_from(plan.params.set), catalogue, data_dir);
  std::vector<PriceList> lists;
  for (const std::string& name : plan.params.prices) lists.push_back(load_price_list(catalogue_path, name));
  std::map<std::string, SettingMap> mixes = plan.params.mixes;
  if (mixes.empty()) mixes[""] = {};
  for (const auto& [name, set] : mixes) {
    const Settings mix = settings_from(set);
    for (const PriceList& prices : lists) {
      try {
        report.answers.push_back(Planner(plan.params, prices, mix, family, catalogue, simulate, options).run(name));
      } catch (const ConfigError& error) {
        PlanAnswer& failed = report.answers.emplace_back();
        failed.prices = prices.name;
        failed.mix = name;
        failed.notes.push_back(error.what());
      }
    }
  }
  return report;
}

}  // namespace cleave
