/* What the mock upstream and the load generator share: time, HTTP/1.1 heads, a short scheduler slice. */
#ifndef WIRE_H
#define WIRE_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STAMP_MARK '@'     /* a chunk's content is '@' and the time it was sent */
#define STAMP_DIGITS 19    /* nanoseconds of CLOCK_MONOTONIC, zero-padded */
#define ENDLESS SIZE_MAX   /* a body that ends with its connection */

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void die(const char *what) {
    perror(what);
    exit(1);
}

/* Two busy programs share a core: with the default slice of some milliseconds each would wait for the
 * other's slice to end and the gateway would idle meanwhile. Linux >= 6.12 takes a slice per task; older
 * kernels ignore the field. */
static inline void shorten_slice(void) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = 48, .runtime = 100000};
    (void)syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static inline void make_quick(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* The small messages here nearly always fit the socket's buffer; when not, wait rather than queue. */
static inline bool send_all(int fd, const char *data, size_t length) {
    while (length) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent >= 0) {
            data += sent;
            length -= (size_t)sent;
        } else if (errno == EAGAIN) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            if (poll(&ready, 1, 1000) <= 0) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

struct head {
    size_t bytes;   /* of the head itself, blank line included; 0 while it is incomplete */
    size_t length;  /* of the body by Content-Length; ENDLESS when none is stated */
    bool chunked, close, expects;
    int status;     /* of an answer */
};

static inline bool has_token(const char *value, const char *end, const char *token) {
    size_t n = strlen(token);
    for (; value + n <= end; value++)
        if (strncasecmp(value, token, n) == 0) return true;
    return false;
}

static inline void read_header(struct head *head, const char *line, const char *end) {
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon) return;
    size_t n = (size_t)(colon - line);
#define IS(name) (n == sizeof name - 1 && strncasecmp(line, name, sizeof name - 1) == 0)
    if (IS("content-length")) head->length = strtoull(colon + 1, NULL, 10);
    else if (IS("transfer-encoding")) head->chunked = has_token(colon, end, "chunked");
    else if (IS("connection")) head->close = has_token(colon, end, "close");
    else if (IS("expect")) head->expects = has_token(colon, end, "100-continue");
#undef IS
}

static inline struct head read_head(const char *data, size_t length) {
    struct head head = {.length = ENDLESS};
    const char *blank = memmem(data, length, "\r\n\r\n", 4);
    if (!blank) return head;
    head.bytes = (size_t)(blank - data) + 4;
    if (length > 12 && memcmp(data, "HTTP/1.", 7) == 0) {
        head.status = atoi(data + 9);
        head.close = data[7] == '0';
    }
    const char *line = data;
    while (line < blank + 2) {
        const char *end = memmem(line, (size_t)(blank + 2 - line), "\r\n", 2);
        if (!end) break;
        if (line != data) read_header(&head, line, end);
        line = end + 2;
    }
    return head;
}
#endif
