/* The upstream of the benchmark: answers OpenAI chat completions and Bedrock Converse from memory.
 *
 *   mock PORT [CONVERSE_JSON CONVERSE_STREAM]     prints "ready PORT"; port 0 lets the kernel choose
 *
 * POST ...            one chat answer, or a stream when the body asks for one
 * POST .../converse   the bytes of CONVERSE_JSON; /converse-stream those of CONVERSE_STREAM
 * GET /stats          {"requests", "streams", "connections", "refused"}: connections that carried a POST
 * GET /pace?N         streams leave one chunk every N microseconds from now on; 0 in one write
 *
 * Not a general server: it trusts that bodies fit memory and that answers fit the socket's buffer. */
#include "wire.h"

#include <sys/queue.h>

#define CHUNKS 20 /* content chunks of a stream, besides role, finish and [DONE] */
#define EVENTS 64
#define MAX_FDS 65536

struct connection {
    char *in;
    size_t filled, capacity;
    uint64_t due; /* when the next paced chunk leaves */
    TAILQ_ENTRY(connection) queue;
    int fd;
    int chunk; /* paced stream: chunks sent so far, -1 when no stream runs */
    bool usage, counted, close;
};

static struct connection *by_fd[MAX_FDS];
static TAILQ_HEAD(, connection) paced = TAILQ_HEAD_INITIALIZER(paced); /* by time: the gap is one for all */
static uint64_t gap_ns;
static struct { unsigned long requests, streams, connections, refused; } stats;

static const char answer_body[] =
    "{\"id\":\"chatcmpl-bench0000000000000000000\",\"object\":\"chat.completion\",\"created\":1760000000,"
    "\"model\":\"bench-model\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":"
    "\"The agreement permits this use in the regions named above, as long as the data stays within them. "
    "bench-answer-ok\",\"refusal\":null,\"annotations\":[]},\"logprobs\":null,\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":212,\"completion_tokens\":27,\"total_tokens\":239,\"prompt_tokens_details\":"
    "{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,"
    "\"audio_tokens\":0}},\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\"}";
#define CHUNK_HEAD \
    "data: {\"id\":\"chatcmpl-bench0000000000000000000\",\"object\":\"chat.completion.chunk\"," \
    "\"created\":1760000000,\"model\":\"bench-model\",\"system_fingerprint\":\"fp_bench\","
static const char role_event[] = CHUNK_HEAD "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
    "\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
static const char text_event[] = CHUNK_HEAD "\"choices\":[{\"index\":0,\"delta\":{\"content\":"
    "\"@0000000000000000000\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
static const char finish_event[] =
    CHUNK_HEAD "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\n";
static const char usage_event[] = CHUNK_HEAD "\"choices\":[],\"usage\":{\"prompt_tokens\":212,"
    "\"completion_tokens\":20,\"total_tokens\":232}}\n\n";
static const char done_event[] = "data: [DONE]\n\n";
static const char stream_head[] =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    "x-accel-buffering: no\r\nx-request-id: bench\r\ntransfer-encoding: chunked\r\n\r\n";
static const char last_chunk[] = "0\r\n\r\n";

struct text { char *data; size_t length; };
static struct text answer, converse, converse_stream;
static struct text role, finish, usage, done; /* events in their HTTP chunk */
static struct text burst, burst_usage;        /* whole streams */
static char text_chunk[512];
static size_t text_length, stamp_at, burst_first, burst_step;

static struct text whole_answer(const char *type, const char *body, size_t length) {
    char *data = malloc(length + 256);
    int head = sprintf(data, "HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %zu\r\n"
                             "x-request-id: bench\r\n\r\n", type, length);
    memcpy(data + head, body, length);
    return (struct text){data, (size_t)head + length};
}

static struct text as_chunk(const char *event) {
    char *data = malloc(strlen(event) + 16);
    int length = sprintf(data, "%zx\r\n%s\r\n", strlen(event), event);
    return (struct text){data, (size_t)length};
}

static struct text read_answer(const char *path, const char *type) {
    static char body[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    size_t length = fread(body, 1, sizeof body, file);
    fclose(file);
    return whole_answer(type, body, length);
}

static void append(struct text *to, const char *data, size_t length) {
    memcpy(to->data + to->length, data, length);
    to->length += length;
}

static struct text whole_stream(bool with_usage) {
    struct text stream = {malloc(65536), 0};
    append(&stream, stream_head, sizeof stream_head - 1);
    append(&stream, role.data, role.length);
    for (int i = 0; i < CHUNKS; i++) append(&stream, text_chunk, text_length);
    append(&stream, finish.data, finish.length);
    if (with_usage) append(&stream, usage.data, usage.length);
    append(&stream, done.data, done.length);
    append(&stream, last_chunk, sizeof last_chunk - 1);
    return stream;
}

static void prepare(int count, char **files) {
    answer = whole_answer("application/json", answer_body, sizeof answer_body - 1);
    role = as_chunk(role_event), finish = as_chunk(finish_event);
    usage = as_chunk(usage_event), done = as_chunk(done_event);
    struct text chunk = as_chunk(text_event);
    memcpy(text_chunk, chunk.data, text_length = chunk.length);
    free(chunk.data);
    stamp_at = (size_t)((char *)memchr(text_chunk, STAMP_MARK, text_length) - text_chunk) + 1;
    burst = whole_stream(false), burst_usage = whole_stream(true);
    burst_first = sizeof stream_head - 1 + role.length + stamp_at, burst_step = text_length;
    if (count >= 2) {
        converse = read_answer(files[0], "application/json");
        converse_stream = read_answer(files[1], "application/vnd.amazon.eventstream");
    }
}

static void write_stamp(char *at) {
    uint64_t time = now_ns();
    for (int i = STAMP_DIGITS - 1; i >= 0; i--, time /= 10) at[i] = (char)('0' + time % 10);
}

static void drop(struct connection *c) {
    if (c->chunk >= 0) TAILQ_REMOVE(&paced, c, queue);
    by_fd[c->fd] = NULL;
    close(c->fd);
    free(c->in);
    free(c);
}

static bool send_burst(struct connection *c) {
    struct text *stream = c->usage ? &burst_usage : &burst;
    write_stamp(stream->data + burst_first);
    for (int i = 1; i < CHUNKS; i++)
        memcpy(stream->data + burst_first + (size_t)i * burst_step, stream->data + burst_first, STAMP_DIGITS);
    return send_all(c->fd, stream->data, stream->length);
}

static void enqueue(struct connection *c) {
    c->due = now_ns() + gap_ns;
    TAILQ_INSERT_TAIL(&paced, c, queue);
}

static bool start_paced(struct connection *c) {
    c->chunk = 0;
    enqueue(c);
    return send_all(c->fd, stream_head, sizeof stream_head - 1) && send_all(c->fd, role.data, role.length);
}

static bool send_tail(struct connection *c) {
    struct text tail = {(char[4096]){0}, 0};
    append(&tail, finish.data, finish.length);
    if (c->usage) append(&tail, usage.data, usage.length);
    append(&tail, done.data, done.length);
    append(&tail, last_chunk, sizeof last_chunk - 1);
    TAILQ_REMOVE(&paced, c, queue);
    c->chunk = -1;
    return send_all(c->fd, tail.data, tail.length);
}

static bool send_paced(struct connection *c) {
    if (c->chunk == CHUNKS) return send_tail(c);
    write_stamp(text_chunk + stamp_at);
    c->chunk++;
    TAILQ_REMOVE(&paced, c, queue);
    enqueue(c);
    return send_all(c->fd, text_chunk, text_length);
}

/* Whether the body says "key": true, with any white space; keys inside strings are not expected here. */
static bool says_true(const char *body, size_t length, const char *key) {
    const char *found = memmem(body, length, key, strlen(key));
    if (!found) return false;
    const char *end = body + length;
    for (found += strlen(key); found < end && (*found == ' ' || *found == ':'); found++) {}
    return found < end && *found == 't';
}

static bool answer_get(struct connection *c, const char *head) {
    char body[256];
    if (strncmp(head, "GET /pace?", 10) == 0) gap_ns = strtoull(head + 10, NULL, 10) * 1000u;
    int length = sprintf(body, "{\"requests\":%lu,\"streams\":%lu,\"connections\":%lu,\"refused\":%lu}",
                         stats.requests, stats.streams, stats.connections, stats.refused);
    struct text whole = whole_answer("application/json", body, (size_t)length);
    bool sent = send_all(c->fd, whole.data, whole.length);
    free(whole.data);
    return sent;
}

static bool answer_request(struct connection *c, const char *head, const char *body, size_t length) {
    if (memcmp(head, "POST ", 5) != 0) return answer_get(c, head);
    stats.requests++;
    stats.connections += !c->counted;
    c->counted = true;
    const char *line_end = memchr(head, '\r', 2048);
    size_t line = line_end ? (size_t)(line_end - head) : 0;
    bool to_bedrock = memmem(head, line, "/converse", 9) != NULL;
    bool stream = to_bedrock ? memmem(head, line, "/converse-stream", 16) != NULL
                             : says_true(body, length, "\"stream\"");
    stats.streams += stream;
    if (!memmem(body, length, "\"messages\"", 10)) stats.refused++;
    if (to_bedrock) {
        struct text *whole = stream ? &converse_stream : &converse;
        return send_all(c->fd, whole->data, whole->length);
    }
    if (!stream) return send_all(c->fd, answer.data, answer.length);
    c->usage = says_true(body, length, "\"include_usage\"");
    return gap_ns ? start_paced(c) : send_burst(c);
}

/* Joins a chunked body in place; returns the bytes it took on the wire, 0 while incomplete. */
static size_t join_chunks(char *data, size_t length, size_t *joined) {
    size_t at = 0;
    *joined = 0;
    for (;;) {
        char *end = memmem(data + at, length - at, "\r\n", 2);
        if (!end) return 0;
        size_t size = strtoul(data + at, NULL, 16);
        at = (size_t)(end - data) + 2;
        if (at + size + 2 > length) return 0;
        memmove(data + *joined, data + at, size);
        *joined += size;
        at += size + 2;
        if (size == 0) return at;
    }
}

/* Answers every whole request in the buffer; false when the connection is to be closed. */
static bool take_requests(struct connection *c) {
    size_t at = 0;
    bool keep = true;
    while (keep && c->chunk < 0) {
        char *data = c->in + at;
        size_t left = c->filled - at;
        struct head head = read_head(data, left);
        if (!head.bytes) break;
        size_t body = head.length == ENDLESS ? 0 : head.length, wire = body;
        if (head.expects && left == head.bytes) keep = send_all(c->fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        if (head.chunked) {
            /* Joining rewrites the buffer, so it waits until the end of the body is there. */
            if (left < head.bytes + 5 || memcmp(data + left - 5, last_chunk, 5) != 0) break;
            if (!(wire = join_chunks(data + head.bytes, left - head.bytes, &body))) break;
        }
        if (left < head.bytes + wire) break;
        c->close = head.close;
        keep = answer_request(c, data, data + head.bytes, body) && !head.close;
        at += head.bytes + wire;
    }
    memmove(c->in, c->in + at, c->filled -= at);
    return keep || (c->close && c->chunk >= 0);
}

static bool read_requests(struct connection *c) {
    if (c->capacity - c->filled < 4096) {
        c->in = realloc(c->in, c->capacity *= 2);
        if (!c->in) die("realloc");
    }
    ssize_t got = recv(c->fd, c->in + c->filled, c->capacity - c->filled, 0);
    if (got < 0) return errno == EAGAIN;
    c->filled += (size_t)got;
    return got > 0 && take_requests(c);
}

static void accept_all(int listener, int epoll) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c || fd >= MAX_FDS) die("too many connections");
        *c = (struct connection){.fd = fd, .capacity = 16384, .chunk = -1};
        c->in = malloc(c->capacity);
        make_quick(fd);
        by_fd[fd] = c;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

static void send_due(void) {
    struct connection *c;
    while ((c = TAILQ_FIRST(&paced)) && c->due <= now_ns()) {
        bool keep = send_paced(c);
        if (keep && c->chunk < 0) keep = !c->close && take_requests(c);
        if (!keep) drop(c);
    }
}

/* How long to wait for input: until the next chunk is due, for ever when there is none. */
static struct timespec *until_due(struct timespec *wait) {
    struct connection *c = TAILQ_FIRST(&paced);
    if (!c) return NULL;
    uint64_t time = now_ns(), left = c->due > time ? c->due - time : 0;
    *wait = (struct timespec){(time_t)(left / 1000000000u), (long)(left % 1000000000u)};
    return wait;
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024)) die("listen");
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("ready %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int count, char **arguments) {
    if (count < 2) return fprintf(stderr, "usage: mock PORT [CONVERSE_JSON CONVERSE_STREAM]\n"), 2;
    prepare(count - 2, arguments + 2);
    shorten_slice();
    int listener = listen_on(atoi(arguments[1])), epoll = epoll_create1(0);
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct timespec wait;
        int ready = epoll_pwait2(epoll, events, EVENTS, until_due(&wait), NULL);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) accept_all(listener, epoll);
            else if (by_fd[fd] && !read_requests(by_fd[fd])) drop(by_fd[fd]);
        }
        send_due();
    }
}
