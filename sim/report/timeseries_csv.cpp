#include "sim/report/timeseries_csv.h"

#include "sim/report/number_text.h"

namespace cleave {

std::string timeseries_csv(const Timeline& timeline, std::span<const std::string> pools) {
  std::string out =
      "time_s,pool,waiting,running,kv_blocks_used,kv_blocks_cached,kv_blocks_total,replicas_up,busy_s,"
      "tokens_computed\n";
  for (const TimelineRow& row : timeline.rows()) {
    const PoolSample& s = row.sample;
    append_seconds(out, row.time);
    out += ',';
    append_csv_text(out, pools[row.pool.index()]);
    for (const std::int64_t value :
         {s.waiting, s.running, s.kv_blocks_used, s.kv_blocks_cached, s.kv_blocks_total, s.replicas_up}) {
      out += ',';
      append_integer(out, value);
    }
    out += ',';
    append_real(out, s.busy_seconds);
    out += ',';
    append_integer(out, s.tokens_computed);
    out += '\n';
  }
  return out;
}

}  // namespace cleave
