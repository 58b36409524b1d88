#pragma once
// Who is told of the flows that movements are made of.

#include "models/units/units.h"

namespace cleave {

/// Each flow that begins ends once, with the bytes of it that were of use: all of a delivered one, none of one that is
/// sent again, a part of one that was cut short on purpose.
class FlowObserver {
 public:
  virtual ~FlowObserver() = default;
  virtual void on_flow_begins(PlaceId from, PlaceId to, Bytes bytes) = 0;
  virtual void on_flow_ends(PlaceId from, PlaceId to, Bytes bytes, Bytes delivered) = 0;
};

}  // namespace cleave
