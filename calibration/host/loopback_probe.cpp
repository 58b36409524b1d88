#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "calibration/host/host_probes.h"
#include "models/units/error.h"

namespace cleave::bench {
namespace {

class Socket {
 public:
  explicit Socket(int file) : file_(file) {
    if (file < 0) throw ConfigError("loopback: no socket");
    const int on = 1;
    (void)::setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  ~Socket() { ::close(file_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return file_; }

 private:
  int file_;
};

bool send_all(int socket, const char* data, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t sent = ::send(socket, data + done, bytes - done, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  return true;
}

bool receive_all(int socket, char* data, std::size_t bytes) {
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t got = ::recv(socket, data + done, bytes - done, 0);
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

/// Answers each message of `bytes` by `answer` bytes until the other side closes.
void serve(int listener, std::size_t bytes, std::size_t answer) {
  const Socket peer(::accept(listener, nullptr, nullptr));
  std::vector<char> buffer(bytes);
  while (receive_all(peer.get(), buffer.data(), bytes)) {
    if (!send_all(peer.get(), buffer.data(), answer)) return;
  }
}

Outcome measure(const Point& point, const StoppingRule& rule) {
  const std::size_t bytes = point.size("bytes");
  const std::size_t answer = point.text("op_name") == "round_trip" ? bytes : 1;
  const Socket listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.get(), generic, length) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), generic, &length) != 0) {
    return Skipped{"no loopback address"};
  }
  const Socket client(::socket(AF_INET, SOCK_STREAM, 0));
  // Into the backlog first, so that the server's accept always returns.
  if (::connect(client.get(), generic, length) != 0) return Skipped{"no loopback connection"};
  std::thread server(serve, listener.get(), bytes, answer);
  std::vector<char> message(bytes, 'k');
  std::vector<char> reply(answer);
  bool whole = true;
  const Measurement m = time_repeats(
      [&] {
        const double begin = now_ms();
        whole &= send_all(client.get(), message.data(), bytes) && receive_all(client.get(), reply.data(), answer);
        return now_ms() - begin;
      },
      rule, Cache::warm);
  (void)::shutdown(client.get(), SHUT_RDWR);
  server.join();
  if (!whole) return Skipped{"the connection broke"};
  return m;
}

}  // namespace

Probe loopback_probe() {
  Probe probe;
  probe.spec.name = "loopback";
  probe.spec.table = "host_loopback_perf";
  probe.spec.summary = "a message over loopback TCP, answered by one byte (stream) or by itself (round_trip)";
  probe.spec.grid.axes = {"op_name", "bytes"};
  probe.spec.rule = {.min_repeats = 10, .max_repeats = 400, .relative_error = 0.02, .max_seconds = 0.5};
  for (const std::int64_t bytes : {64, 4096, 65536}) probe.spec.grid.add({std::string("round_trip"), bytes});
  for (const std::int64_t mib : {1, 16, 128}) probe.spec.grid.add({std::string("stream"), mib << 20});
  probe.measure = measure;
  return probe;
}

}  // namespace cleave::bench
