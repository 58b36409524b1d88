#pragma once
// Fits of a few positive numbers to many measurements. Deterministic: no random starts.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "models/cost/forms/form.h"

namespace cleave::fit {

/// Values of the coefficients that bring log(predict) near log(measured): Levenberg-Marquardt on the logarithms of the
/// coefficients, within their bounds, from their initial values; differences beyond about a tenth count linearly
/// (Huber), so single outliers do not pull. A weak pull to the initial values decides what the data does not.
/// Shape: predict(c, out) fills out.size() == measured.size() times, all above zero; measured times are above zero.
/// With nothing measured the initial values come back.
[[nodiscard]] std::vector<double> fit_log(std::span<const Coefficient> table, std::span<const double> measured,
                                          const std::function<void(Coefficients, std::span<double>)>& predict);

}  // namespace cleave::fit
