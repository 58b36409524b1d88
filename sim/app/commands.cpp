#include "sim/app/commands.h"

#include <CLI/CLI.hpp>
#include <array>
#include <string>

namespace cleave {
namespace {

constexpr std::array kCommands{
    CommandEntry{"run", "simulate a scenario and write its results",
                 "Examples:\n"
                 "  cleave run scenarios/quickstart.yaml\n"
                 "  cleave run scenarios/quickstart.yaml --seed 7 --set pools.decode.replicas=8 --out runs/eight\n"
                 "  cleave run scenarios/quickstart.yaml --format json | jq .ttft_s.p99\n",
                 make_run_command},
    CommandEntry{
        "sweep", "run many variants of a scenario on all cores or a cluster",
        "Examples:\n"
        "  cleave sweep scenarios/studies/decode-replicas.yaml\n"
        "  cleave sweep scenarios/studies/decode-replicas.yaml --shard 0/4 --out part-0.db\n"
        "  cleave sweep scenarios/studies/decode-replicas.yaml --on slurm --tasks 64 --sbatch=--partition=short\n"
        "  cleave sweep export runs/decode-replicas.db > decode-replicas.csv\n",
        make_sweep_command},
    CommandEntry{"merge", "put the results of a sweep's shards into one file",
                 "Examples:\n"
                 "  cleave merge --out rate.db part-0.db part-1.db part-2.db part-3.db\n",
                 make_merge_command},
    CommandEntry{"plan", "find the cheapest cluster that meets objectives, or the most that a budget carries",
                 "Examples:\n"
                 "  cleave plan scenarios/plans/quickstart.yaml\n"
                 "  cleave plan scenarios/plans/quickstart.yaml --format json | jq '.answers[0].answer'\n"
                 "Ends with 0 when every question has an answer, 5 when nothing on offer surely holds.\n",
                 make_plan_command},
    CommandEntry{"compare", "run two scenarios, policies or programs with the same seeds, and say which is better",
                 "Examples:\n"
                 "  cleave compare scenarios/quickstart.yaml --set-head router.prefill=random\n"
                 "  cleave compare a.yaml b.yaml --replicates 20 --metric ttft_s.p99:lower:5%\n"
                 "  cleave compare a.yaml --base-program ../old/cleave --markdown summary.md\n"
                 "  cleave compare old.db new.db --metric ttft_s.p99:lower:5%\n"
                 "  cleave compare study.db --where-base \"transfer.decode_kv = 'drop'\" --where-head "
                 "\"transfer.decode_kv = 'pull'\"\n",
                 make_compare_command},
    CommandEntry{"check", "compare as a check file says, and fail when anything is worse: for CI",
                 "Examples:\n"
                 "  cleave check scenarios/studies/routing.check.yaml --markdown summary.md --junit check.xml\n"
                 "  cleave check routing.check.yaml --write-baseline results/baselines/routing.json\n"
                 "  cleave check routing.check.yaml --baseline results/baselines/routing.json --annotate\n"
                 "Ends with 0 when nothing is worse, 4 when something is, 5 when that cannot be told.\n",
                 make_check_command},
    CommandEntry{"verify", "run scenarios that state what they should give, and compare",
                 "Examples:\n"
                 "  cleave verify\n"
                 "  cleave verify scenarios/validation --only reuse --data ~/traces\n",
                 make_verify_command},
    CommandEntry{"validate", "check scenarios without running them",
                 "Examples:\n"
                 "  cleave validate scenarios/*.yaml\n"
                 "  cleave validate scenarios/quickstart.yaml --set pools.decode.replicas=8\n",
                 make_validate_command},
    CommandEntry{"list", "list what scenarios can name",
                 "Examples:\n"
                 "  cleave list\n"
                 "  cleave list policies\n",
                 make_list_command},
    CommandEntry{"show", "print one entry of the catalogue, each number with its source",
                 "Examples:\n"
                 "  cleave show h100-sxm\n"
                 "  cleave show llama-3.1-70b --format json\n",
                 make_show_command},
    CommandEntry{"explain", "say what a step's time is made of, and what each price rests on",
                 "Examples:\n"
                 "  cleave explain step --model llama-3.1-8b --hardware h100-sxm --batch 2048,64x1500\n"
                 "  cleave explain step --model deepseek-v3 --hardware b200-sxm --tp 8 --ep 8 --weights-dtype fp8 "
                 "--batch 64x4000\n",
                 make_explain_command},
    CommandEntry{"import", "make an entry of the catalogue from a published file",
                 "Examples:\n"
                 "  cleave import model Llama-3.1-8B/config.json\n",
                 make_import_command},
    CommandEntry{"schema", "print the JSON Schema of scenario files, for editors",
                 "Examples:\n"
                 "  cleave schema > scenario.schema.json\n"
                 "  cleave schema --format text | less\n",
                 make_schema_command},
    CommandEntry{"trace", "look into a recorded trace, check it, or convert it",
                 "Examples:\n"
                 "  cleave trace stats conversation_trace.jsonl.gz\n"
                 "  cleave trace validate requests.csv\n"
                 "  cleave trace convert requests.csv --out requests.jsonl --to mooncake\n",
                 make_trace_command},
    CommandEntry{"cache", "replay a trace's blocks under eviction policies, without timing",
                 "Examples:\n"
                 "  cleave cache conversation_trace.jsonl.gz --policy lru,arc,belady --capacity 1%,10%,\"3M tokens\"\n"
                 "  cleave cache conversation_trace.jsonl.gz --policy lru-b --curve\n"
                 "  cleave cache requests.csv --policy all --capacity 1000 --block-size 16 --format csv\n",
                 make_cache_command},
    CommandEntry{"calibrate", "fit kernel times to measured tables, and test the fit on rows it did not see",
                 "Examples:\n"
                 "  cleave calibrate --evaluate\n"
                 "  cleave calibrate --fit kernels --test more-kernels --format json\n"
                 "  cleave calibrate --fit kernels --write models/catalog\n",
                 make_calibrate_command},
    CommandEntry{"version", "print the version",
                 "Examples:\n"
                 "  cleave version --format json\n",
                 make_version_command},
    CommandEntry{"completion", "print a shell's completion script",
                 "Examples:\n"
                 "  source <(cleave completion bash)\n"
                 "  cleave completion zsh > ~/.zfunc/_cleave\n"
                 "  cleave completion fish > ~/.config/fish/completions/cleave.fish\n",
                 make_completion_command},
};

}  // namespace

std::span<const CommandEntry> commands() {
  return kCommands;
}

void add_format(CLI::App& parser, OutputFormat& format) {
  const auto read = [&format](const std::string& text) {
    format = text == "json" ? OutputFormat::json : OutputFormat::text;
  };
  parser.add_option_function<std::string>("--format", read, "how to print: text for people, json for programs")
      ->type_name("text|json")
      ->default_str(format == OutputFormat::json ? "json" : "text")
      ->check(CLI::IsMember({"text", "json"}).description(""));
}

}  // namespace cleave
