#pragma once
// Who is told of the flows that movements are made of.

#include "models/units/units.h"

namespace cleave {

/// Each flow that begins ends once: delivered, or cut off.
class FlowObserver {
 public:
  virtual ~FlowObserver() = default;
  virtual void on_flow_begins(PlaceId from, PlaceId to, Bytes bytes) = 0;
  virtual void on_flow_ends(PlaceId from, PlaceId to, Bytes bytes, bool delivered) = 0;
};

}  // namespace cleave
