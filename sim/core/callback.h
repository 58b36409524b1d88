#pragma once
// A move-only function object of fixed size: no allocation when an event is armed.

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace cleave {

template <class Signature>
class Callback;

/// Holds any callable of at most 32 bytes that is nothrow movable; a larger one does not compile.
template <class R, class... Args>
class Callback<R(Args...)> {
  static constexpr std::size_t kCapacity = 32;

 public:
  Callback() = default;

  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> && std::is_invocable_r_v<R, F&, Args...>)
      Callback(F&& f) {  // NOLINT(google-explicit-constructor): a lambda is a callback
    using Held = std::remove_cvref_t<F>;
    static_assert(sizeof(Held) <= kCapacity, "capture less: a callback holds 32 bytes");
    static_assert(std::is_nothrow_move_constructible_v<Held>);
    ::new (static_cast<void*>(storage_)) Held(std::forward<F>(f));
    invoke_ = [](void* held, Args... args) -> R { return (*static_cast<Held*>(held))(std::forward<Args>(args)...); };
    if constexpr (!std::is_trivially_copyable_v<Held>) {
      manage_ = [](void* to, void* from) {
        if (to != nullptr) ::new (to) Held(std::move(*static_cast<Held*>(from)));
        static_cast<Held*>(from)->~Held();
      };
    }
  }

  Callback(Callback&& other) noexcept { take(other); }
  Callback& operator=(Callback&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { reset(); }

  explicit operator bool() const { return invoke_ != nullptr; }
  R operator()(Args... args) const { return invoke_(const_cast<std::byte*>(storage_), std::forward<Args>(args)...); }

 private:
  void take(Callback& other) {
    invoke_ = std::exchange(other.invoke_, nullptr);
    manage_ = std::exchange(other.manage_, nullptr);
    if (manage_ != nullptr) {
      manage_(storage_, other.storage_);
    } else {
      for (std::size_t i = 0; i < kCapacity; ++i) storage_[i] = other.storage_[i];
    }
  }
  void reset() {
    if (manage_ != nullptr) manage_(nullptr, storage_);
    invoke_ = nullptr;
    manage_ = nullptr;
  }

  alignas(std::max_align_t) std::byte storage_[kCapacity];
  R (*invoke_)(void*, Args...) = nullptr;
  void (*manage_)(void*, void*) = nullptr;
};

}  // namespace cleave
