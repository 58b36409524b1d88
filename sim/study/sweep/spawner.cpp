#include "sim/study/sweep/spawner.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace cleave {
namespace {

struct Order {
  std::size_t job = 0;
  int fd = -1;  // travels beside the message
};

struct Reply {
  pid_t child = 0;  // or 0
  int error = 0;
};

/// A message with one file descriptor beside it.
struct Envelope {
  explicit Envelope(std::size_t& job) : content{&job, sizeof job} {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  iovec content;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
};

bool send_order(int socket, Order order) {
  Envelope envelope(order.job);
  cmsghdr* beside = CMSG_FIRSTHDR(&envelope.header);
  beside->cmsg_level = SOL_SOCKET;
  beside->cmsg_type = SCM_RIGHTS;
  beside->cmsg_len = CMSG_LEN(sizeof order.fd);
  std::memcpy(CMSG_DATA(beside), &order.fd, sizeof order.fd);
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &envelope.header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof order.job);
}

/// Result: false when the other side is gone.
bool receive_order(int socket, Order& order) {
  Envelope envelope(order.job);
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &envelope.header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  const cmsghdr* beside = CMSG_FIRSTHDR(&envelope.header);
  if (got != static_cast<ssize_t>(sizeof order.job) || beside == nullptr) return false;
  std::memcpy(&order.fd, CMSG_DATA(beside), sizeof order.fd);
  return true;
}

/// fork(), but the child's parent is the caller's.
pid_t fork_sibling() {
  return static_cast<pid_t>(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

}  // namespace

Spawner::Spawner(const std::function<void()>& prepare, const Main& main) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::system_error(errno, std::generic_category(), "socketpair");
  }
  std::fflush(nullptr);  // else children would print the parent's buffered output again
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // it died before the line above
    ::setpgid(0, 0);                        // Ctrl-C is for the parent, who decides
    ::close(ends[0]);
    socket_ = ends[1];
    serve(prepare, main);
  }
  const int error = errno;
  ::close(ends[1]);
  socket_ = ends[0];
  if (pid_ > 0) return;
  ::close(socket_);
  throw std::system_error(error, std::generic_category(), "fork");
}

Spawner::~Spawner() {
  ::close(socket_);  // which ends it
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Spawner::serve(const std::function<void()>& prepare, const Main& main) const noexcept {
  if (prepare) prepare();
  for (Order order; receive_order(socket_, order);) {
    const pid_t child = fork_sibling();
    if (child == 0) {
      ::close(socket_);
      main(order.job, order.fd);
      ::_exit(0);
    }
    const Reply reply{child > 0 ? child : 0, errno};
    ::close(order.fd);
    if (::send(socket_, &reply, sizeof reply, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof reply)) break;
  }
  ::_exit(0);
}

pid_t Spawner::spawn(std::size_t job, int fd) {
  if (!send_order(socket_, {job, fd})) return -1;
  Reply reply;
  ssize_t got = 0;
  do {
    got = ::recv(socket_, &reply, sizeof reply, 0);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof reply)) return -1;
  errno = reply.error;
  return reply.child;
}

}  // namespace cleave
