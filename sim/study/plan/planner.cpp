#include "sim/study/plan/planner.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "models/units/error.h"
#include "models/units/text.h"
#include "sim/study/expression/json_names.h"
#include "sim/study/plan/offer.h"
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

/// Sums of the same costs in another order differ by less than this share: no cost of running.
constexpr double kRounding = 1e-9;

/// One price list and one mix.
class Planner {
 public:
  Planner(const PlanParams& plan, const PriceList& prices, const Settings& mix, const ScenarioFamily& family,
          const Catalogue& catalogue, const SimulatePoint& simulate, const EvaluateOptions& options)
      : given_(plan),
        plan_(plan),
        prices_(prices),
        mix_(mix),
        family_(family),
        catalogue_(catalogue),
        evaluator_(plan_, family, catalogue, simulate, options) {}

  PlanAnswer run(const std::string& mix_name) {
    answer_.prices = prices_.name;
    answer_.prices_date = prices_.date;
    answer_.prices_description = prices_.description;
    answer_.mix = mix_name;
    answer_.options = options_of(given_, prices_, catalogue_, answer_.notes);
    if (answer_.options.empty()) return std::move(answer_);
    make_offers();
    try {
      sift_objectives();
    } catch (const ConfigError& error) {
      answer_.notes.push_back(error.what());
      return std::move(answer_);
    }
    if (plan_.objective == PlanObjective::cheapest) {
      find_cheapest();
    } else {
      find_highest_goodput();
    }
    answer_.simulations = evaluator_.simulations();
    answer_.ranking = rank_candidates(plan_, answer_, offers_);
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

  /// The load of options that differ only in their hardware: what tiers and policies save of it, they save for all.
  [[nodiscard]] std::string load_name(const PlanOption& option) const { return option.layout + '\n' + option.option; }

  /// A pilot: the first option of that load that runs, with the most replicas that it may have. No load rules nothing
  /// out.
  [[nodiscard]] PilotLoad pilot(const std::string& load) {
    std::string error;
    for (std::size_t i = 0; i < answer_.options.size(); ++i) {
      if (load_name(answer_.options[i]) != load) continue;
      try {
        const Settings largest = settings(i, most_of(answer_.options[i]));
        const LoadedScenario loaded = family_.variant(largest, plan_.first_seed);
        pilots_.push_back(evaluator_.run_once(largest));
        return pilot_load(pilots_.back(), loaded.scenario);
      } catch (const ConfigError& failure) {
        error = failure.what();
      }
    }
    answer_.notes.push_back("no option can run: " + error);
    return {};
  }

  void make_offers() {
    std::map<std::string, PilotLoad> loads;
    const OfferContext context{plan_, prices_, catalogue_};
    for (std::size_t i = 0; i < answer_.options.size(); ++i) {
      const std::string load = load_name(answer_.options[i]);
      if (!loads.contains(load)) loads[load] = pilot(load);
      const auto scenario_of = [this, i](const Counts& counts) {
        return family_.variant(settings(i, counts), plan_.first_seed);
      };
      offers_.emplace_back(context, answer_.options[i], scenario_of, loads[load]);
    }
  }

  /// An objective on a value that no pilot has is told and left out. Errors: ConfigError where none is left.
  void sift_objectives() {
    if (pilots_.empty()) return;
    std::vector<nlohmann::ordered_json> summaries;
    for (const std::string& pilot : pilots_) summaries.push_back(nlohmann::ordered_json::parse(pilot));
    std::erase_if(plan_.slo, [&](const PlanSlo& slo) {
      const bool known = std::any_of(summaries.begin(), summaries.end(),
                                     [&](const auto& summary) { return find_in_json(summary, slo.metric) != nullptr; });
      if (known) return false;
      answer_.left_out.push_back(slo.metric);
      answer_.problems.push_back(fmt::format("slo: summary.json has no `{}`{}; it is left out", slo.metric,
                                             suggestion_in_json(summaries.front(), slo.metric)));
      return true;
    });
    if (plan_.slo.empty()) throw ConfigError("no objective is left to plan with");
  }

  /// Keeps a candidate with its costs. One that holds but costs more than the budget once it runs fails.
  std::size_t keep(std::size_t option, const Counts& counts, Evaluation evaluation) {
    answer_.evaluated.push_back({option, counts, 0, std::move(evaluation), {}, {}, {}});
    add_costs(answer_.evaluated.back());
    return answer_.evaluated.size() - 1;
  }

  void add_costs(PlanCandidate& candidate) const {
    const Offer& offer = offers_[candidate.option];
    candidate.costs =
        costs_of({answer_.options[candidate.option], candidate.counts, prices_, offer.capacities(), offer.storage()},
                 candidate.evaluation.summaries);
    candidate.cost_per_hour = candidate.costs.total_per_hour;
    const auto& budget = plan_.limits.budget;
    if (!budget || candidate.cost_per_hour <= budget->value() || candidate.evaluation.holding != Holding::holds) return;
    candidate.evaluation.holding = Holding::fails;
    candidate.evaluation.failure =
        fmt::format("it meets the objectives, but its fees take it above the budget of {}", format(*budget));
  }

  void find_cheapest() {
    std::vector<std::vector<std::size_t>> searches;  // options that compete
    for (std::size_t i = 0; i < offers_.size(); ++i) {
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
    for (const std::size_t option : options) groups.push_back(offers_[option].group());
    const auto verdict = [&](const SearchCandidate& c) {
      const std::size_t option = options[c.group];
      Evaluation evaluation = evaluator_.evaluate(settings(option, c.counts));
      const Holding holding = evaluation.holding;  // without the budget, which says nothing of fewer replicas
      const std::size_t at = keep(option, c.counts, std::move(evaluation));
      const double known = cost_of(groups[c.group], c.counts);
      const double running = answer_.evaluated[at].cost_per_hour - known;
      return SearchVerdict{holding, running > kRounding * known ? running : 0};
    };
    std::optional<double> budget;
    if (plan_.limits.budget) budget = plan_.limits.budget->value();
    answer_.candidates += search_cheapest(groups, verdict, budget).candidates;
  }

  [[nodiscard]] Evaluation at_rate(std::size_t option, const Counts& counts, double rate) {
    Tree value;
    value.kind = Tree::Kind::scalar;
    value.scalar = format(RequestsPerSecond{rate});
    return evaluator_.evaluate(joined(settings(option, counts), {{plan_.rate->path, value}}));
  }

  /// Largest counts within the limits: those to which nothing can be added.
  [[nodiscard]] std::vector<Counts> largest(std::size_t option) const {
    const std::vector<Counts> all = counts_of(offers_[option].group());
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
      answer_.candidates += counts_of(offers_[option].group()).size();
      if (!offers_[option].impossible().empty()) continue;
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
    const std::size_t at = keep(option, counts, at_rate(option, counts, std::min(start, most)));
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
    PlanCandidate tried = answer_.evaluated[at];
    tried.evaluation = at_rate(tried.option, tried.counts, rate);
    add_costs(tried);
    const bool holds = tried.evaluation.holding == Holding::holds;
    if (holds) answer_.evaluated[at] = std::move(tried);
    return holds;
  }

  const PlanParams& given_;  // options refer to it
  PlanParams plan_;          // less the objectives that runs show to be a mistake
  const PriceList& prices_;
  const Settings& mix_;
  const ScenarioFamily& family_;
  const Catalogue& catalogue_;
  Evaluator evaluator_;
  PlanAnswer answer_;
  std::deque<Offer> offers_;         // by option
  std::vector<std::string> pilots_;  // summary.json of each
};

void add_new(std::vector<std::string>& all, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
  }
}

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
        add_new(report.problems, report.answers.back().problems);
      } catch (const ConfigError& error) {
        PlanAnswer& failed = report.answers.emplace_back();
        failed.prices = prices.name;
        failed.mix = name;
        failed.notes.push_back(error.what());
      }
    }
  }
  // What no cluster of any answer can tell was asked of none. Where some were held to it, the others' notes say so.
  std::erase_if(report.params.slo, [&](const PlanSlo& slo) {
    return !report.answers.empty() &&
           std::all_of(report.answers.begin(), report.answers.end(), [&](const auto& answer) {
             return std::find(answer.left_out.begin(), answer.left_out.end(), slo.metric) != answer.left_out.end();
           });
  });
  return report;
}

}  // namespace cleave
