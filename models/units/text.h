#pragma once
// The text forms of quantities, as scenarios and catalogues write them: "80 GiB", "400 Gb/s", "5 us", "2.5 $/h".

#include <optional>
#include <string>
#include <string_view>

#include "models/units/units.h"

namespace cleave {

/// Describes one kind of text quantity for diagnostics and for the JSON Schema.
struct UnitGrammar {
  std::string_view what;      // "a size in bytes"
  std::string_view examples;  // "\"80 GiB\", \"512 MB\""
  std::string_view pattern;   // ECMA regular expression that accepts what parse<Q> accepts, values beyond range aside
};

template <class Q>
const UnitGrammar& unit_grammar();

/// Reads a quantity. Bits and bytes, powers of 2 and of 10 are kept apart; the space before the unit is optional.
/// Times and sizes are rounded to the nearest nanosecond or byte (halves up): "1.1 GiB" is 1181116006 bytes.
/// Errors: nullopt for a bare number, an unknown unit, a negative value, trailing text, a fraction of the smallest unit
/// ("1.5 B"), or a value beyond the type's range.
template <class Q>
std::optional<Q> parse(std::string_view text);

/// Writes a quantity so that `parse` gives the same value back.
std::string format(Duration);
std::string format(Bytes);
std::string format(BytesPerSecond);
std::string format(FlopsPerSecond);
std::string format(RequestsPerSecond);
std::string format(Watts);
std::string format(UsdPerHour);
std::string format(Usd);

extern template const UnitGrammar& unit_grammar<Duration>();
extern template const UnitGrammar& unit_grammar<Bytes>();
extern template const UnitGrammar& unit_grammar<BytesPerSecond>();
extern template const UnitGrammar& unit_grammar<FlopsPerSecond>();
extern template const UnitGrammar& unit_grammar<RequestsPerSecond>();
extern template const UnitGrammar& unit_grammar<Watts>();
extern template const UnitGrammar& unit_grammar<UsdPerHour>();
extern template const UnitGrammar& unit_grammar<Usd>();
extern template std::optional<Duration> parse<Duration>(std::string_view);
extern template std::optional<Bytes> parse<Bytes>(std::string_view);
extern template std::optional<BytesPerSecond> parse<BytesPerSecond>(std::string_view);
extern template std::optional<FlopsPerSecond> parse<FlopsPerSecond>(std::string_view);
extern template std::optional<RequestsPerSecond> parse<RequestsPerSecond>(std::string_view);
extern template std::optional<Watts> parse<Watts>(std::string_view);
extern template std::optional<UsdPerHour> parse<UsdPerHour>(std::string_view);
extern template std::optional<Usd> parse<Usd>(std::string_view);

}  // namespace cleave
