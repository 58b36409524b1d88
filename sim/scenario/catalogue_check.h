#pragma once
// What no single field of a catalogue entry can tell.

#include "models/arch/llm_spec.h"
#include "models/hardware/device.h"
#include "models/hardware/link.h"
#include "models/hardware/tier.h"
#include "models/transfer/protocol.h"
#include "sim/scenario/diagnostics.h"
#include "sim/scenario/tree.h"

namespace cleave {

// Rates above zero, shares in (0, 1], experts enough for each token. Errors: added to `diagnostics`.
void check_entry(const DeviceSpec& device, const Tree& tree, Diagnostics& diagnostics);
void check_entry(const LlmSpec& model, const Tree& tree, Diagnostics& diagnostics);
void check_entry(const LinkType& link, const Tree& tree, Diagnostics& diagnostics);
void check_entry(const TierSpec& tier, const Tree& tree, Diagnostics& diagnostics);
void check_entry(const ProtocolSpec& protocol, const Tree& tree, Diagnostics& diagnostics);
void check_entry(const CodecSpec& codec, const Tree& tree, Diagnostics& diagnostics);

}  // namespace cleave
