/* The load of the benchmark: one request again and again over keep-alive connections, closed loop.
 *
 *   load PORT REQUEST_FILE TEXT CONNECTIONS WARM_SECONDS SECONDS MAX_REQUESTS EVENTS
 *
 * REQUEST_FILE holds the bytes of the whole request. Every answer must be 2xx and hold TEXT; with EVENTS > 0
 * it must also be a stream with that many stamped chunks. MAX_REQUESTS > 0 ends the run early.
 * Prints "begin" after the warm-up and "end" when the time is over, so that the reader can look at the
 * gateway's CPU time, then waits for what is under way and prints one JSON object. Times are nanoseconds. */
#include "wire.h"

#define EVENTS 64
#define BUFFER 65536
#define MAX_CONNECTIONS 4096
#define STEPS 256 /* buckets per doubling: 0.4 % wide */
#define STEP_BITS 8
#define LINE 2048

struct histogram {
    uint64_t count, sum, max, buckets[64 * STEPS];
};

enum part { HEAD, BODY, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER };

struct connection {
    int fd;
    enum part part;
    struct head head;
    size_t left;            /* of the body or the chunk */
    uint64_t started;
    unsigned chunks;        /* stamped chunks of this answer */
    bool under_way, text_seen, begun;
    size_t held, line_held; /* bytes of an unfinished head or chunk line; of an unfinished body line */
    char hold[16384], line[LINE];
};

static struct connection connections[MAX_CONNECTIONS];
static struct histogram latency, first, delay;
static struct { unsigned long sent, done, measured, good, bad_status, wrong, failed, opened; uint64_t bytes; } total;
static char request[1 << 20], buffer[BUFFER];
static const char *text;
static size_t request_length, text_length;
static unsigned expected_chunks;
static unsigned long max_requests;
static int port, epoll, under_way;
static bool measuring, ending;

static void record(struct histogram *h, uint64_t value) {
    unsigned bucket = (unsigned)value;
    if (value >= STEPS) {
        unsigned shift = 63u - (unsigned)__builtin_clzll(value) - STEP_BITS;
        bucket = (shift + 1) * STEPS + (unsigned)(value >> shift) - STEPS;
    }
    h->buckets[bucket]++;
    h->count++;
    h->sum += value;
    if (value > h->max) h->max = value;
}

static uint64_t quantile(const struct histogram *h, double q) {
    uint64_t rank = (uint64_t)(q * (double)h->count), seen = 0;
    for (unsigned i = 0; i < 64 * STEPS; i++)
        if ((seen += h->buckets[i]) > rank) {
            if (i < STEPS) return i;
            unsigned shift = i / STEPS - 1;
            return (((uint64_t)(i % STEPS) + STEPS) << shift) + ((1ull << shift) >> 1); /* the middle */
        }
    return h->max;
}

static void print_histogram(const char *name, const struct histogram *h) {
    printf("\"%s\":{\"count\":%lu,\"mean\":%lu,\"p50\":%lu,\"p90\":%lu,\"p99\":%lu,\"max\":%lu},", name,
           (unsigned long)h->count, (unsigned long)(h->count ? h->sum / h->count : 0),
           (unsigned long)quantile(h, 0.5), (unsigned long)quantile(h, 0.9), (unsigned long)quantile(h, 0.99),
           (unsigned long)h->max);
}

static void start_request(struct connection *c) {
    if (ending || (max_requests && total.sent >= max_requests)) return;
    c->part = HEAD;
    c->held = c->line_held = c->chunks = 0;
    c->text_seen = c->begun = false;
    c->under_way = true;
    c->started = now_ns();
    under_way++;
    total.sent++;
    if (!send_all(c->fd, request, request_length)) shutdown(c->fd, SHUT_RDWR); /* seen as a lost connection */
}

static void open_connection(struct connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    make_quick(c->fd);
    total.opened++;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
    start_request(c);
}

static void lose_connection(struct connection *c) {
    if (c->under_way) total.failed++, under_way--;
    c->under_way = false;
    close(c->fd);
    if (total.failed > 10000) fprintf(stderr, "the target keeps closing connections\n"), exit(1);
    if (!ending) open_connection(c);
}

static void finish_answer(struct connection *c) {
    bool status_good = c->head.status / 100 == 2;
    bool body_good = c->text_seen && c->chunks == expected_chunks;
    under_way--;
    c->under_way = false;
    total.done++;
    total.bad_status += !status_good;
    total.wrong += status_good && !body_good;
    total.good += status_good && body_good;
    if (measuring) {
        total.measured++;
        record(&latency, now_ns() - c->started);
    }
    if (c->head.close) lose_connection(c);
    else start_request(c);
}

/* One line of the body: does it hold the text, and when was its chunk sent? */
static void take_line(struct connection *c, const char *line, size_t length, uint64_t time) {
    if (!c->text_seen) c->text_seen = memmem(line, length, text, text_length) != NULL;
    if (c->head.status / 100 != 2 && !c->begun && !total.bad_status)
        fprintf(stderr, "status %d: %.*s\n", c->head.status, (int)length, line);
    if (!expected_chunks) return;
    if (!c->begun && measuring) record(&first, time - c->started);
    c->begun = true;
    const char *mark = memchr(line, STAMP_MARK, length);
    if (!mark || line + length - mark <= STAMP_DIGITS) return;
    uint64_t sent = 0;
    for (int i = 1; i <= STAMP_DIGITS; i++) sent = sent * 10 + (uint64_t)(mark[i] - '0');
    if (measuring) record(&delay, time - sent);
    c->chunks++;
}

static void take_body(struct connection *c, const char *data, size_t length, uint64_t time) {
    while (length) {
        const char *end = memchr(data, '\n', length);
        size_t n = end ? (size_t)(end - data) + 1 : length;
        if (end && !c->line_held) {
            take_line(c, data, n, time);
        } else {
            size_t kept = n < LINE - c->line_held ? n : LINE - c->line_held; /* longer lines are cut */
            memcpy(c->line + c->line_held, data, kept);
            c->line_held += kept;
            if (end) take_line(c, c->line, c->line_held, time), c->line_held = 0;
        }
        data += n;
        length -= n;
    }
}

static void finish_body(struct connection *c, uint64_t time) {
    if (c->line_held) take_line(c, c->line, c->line_held, time);
    finish_answer(c);
}

static void begin_body(struct connection *c) {
    if (c->head.chunked) c->part = CHUNK_SIZE, c->head.length = ENDLESS;
    else c->part = BODY, c->left = c->head.length;
    if (c->head.length == ENDLESS && !c->head.chunked) c->head.close = true;
}

/* A head or a line that may come in pieces: returns the bytes used of data; *whole when it is complete. */
static size_t take_piece(struct connection *c, const char *data, size_t length, const char *end, bool *whole) {
    size_t before = c->held, room = sizeof c->hold - c->held, copied = length < room ? length : room;
    memcpy(c->hold + c->held, data, copied);
    const char *found = memmem(c->hold, before + copied, end, strlen(end));
    if (!found && copied == room) fprintf(stderr, "an endless head\n"), exit(1);
    *whole = found != NULL;
    c->held = found ? (size_t)(found - c->hold) + strlen(end) : before + copied;
    return c->held - before;
}

static size_t take_head(struct connection *c, const char *data, size_t length, uint64_t time) {
    bool whole;
    size_t used = take_piece(c, data, length, "\r\n\r\n", &whole);
    if (!whole) return used;
    c->head = read_head(c->hold, c->held);
    c->held = 0;
    if (c->head.status < 200) return used; /* 100 Continue */
    begin_body(c);
    if (c->part == BODY && c->left == 0) finish_body(c, time);
    return used;
}

static size_t take_chunk_line(struct connection *c, const char *data, size_t length, uint64_t time) {
    bool whole;
    size_t used = take_piece(c, data, length, "\r\n", &whole);
    if (!whole) return used;
    size_t line = c->held;
    c->held = 0;
    if (c->part == CHUNK_END) {
        c->part = CHUNK_SIZE;
    } else if (c->part == CHUNK_SIZE) {
        c->left = strtoul(c->hold, NULL, 16);
        c->part = c->left ? CHUNK_DATA : TRAILER;
    } else if (line == 2) {
        finish_body(c, time);
    }
    return used;
}

static size_t take_data(struct connection *c, const char *data, size_t length, uint64_t time) {
    size_t n = length < c->left ? length : c->left;
    take_body(c, data, n, time);
    c->left -= c->left == ENDLESS ? 0 : n;
    if (c->left == 0 && c->part == BODY) finish_body(c, time);
    else if (c->left == 0) c->part = CHUNK_END;
    return n;
}

static void take(struct connection *c, const char *data, size_t length, uint64_t time) {
    while (length) {
        if (!c->under_way) fprintf(stderr, "bytes that nobody asked for\n"), exit(1);
        unsigned long opened = total.opened;
        size_t used = c->part == HEAD ? take_head(c, data, length, time)
                      : c->part == BODY || c->part == CHUNK_DATA ? take_data(c, data, length, time)
                                                                 : take_chunk_line(c, data, length, time);
        if (total.opened != opened) return; /* the answer asked to close; this is a new connection */
        data += used;
        length -= used;
    }
}

static void read_answer(struct connection *c) {
    ssize_t got = recv(c->fd, buffer, BUFFER, 0);
    if (got > 0) {
        if (measuring) total.bytes += (uint64_t)got;
        take(c, buffer, (size_t)got, now_ns());
    } else if (got == 0 || errno != EAGAIN) {
        bool ended = got == 0 && c->under_way && c->part == BODY && c->left == ENDLESS;
        if (ended) finish_body(c, now_ns());
        else lose_connection(c);
    }
}

static void load_request(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    request_length = fread(request, 1, sizeof request, file);
    fclose(file);
}

static void say(const char *word) {
    puts(word);
    fflush(stdout);
}

static void run(int count, uint64_t warm, uint64_t length, double *seconds) {
    struct epoll_event events[EVENTS];
    uint64_t start = now_ns(), begin = start + warm, end = begin + length, give_up = end + 30000000000ull;
    int open = 0;
    for (;;) {
        /* Connections open one by one over half of the warm-up, or paced streams would all end at once. */
        while (open < count && now_ns() >= start + warm / 2 * (uint64_t)open / (uint64_t)count)
            open_connection(&connections[open++]);
        int ready = epoll_wait(epoll, events, EVENTS, open < count ? 1 : 100);
        for (int i = 0; i < ready; i++) read_answer(events[i].data.ptr);
        uint64_t time = now_ns();
        bool all = max_requests && total.sent >= max_requests;
        if (!measuring && !ending && time >= begin) measuring = true, begin = time, say("begin");
        if (measuring && (time >= end || (all && !under_way))) {
            *seconds = (double)(time - begin) / 1e9;
            measuring = false, ending = true;
            say("end");
        }
        if (ending && (!under_way || time > give_up)) return;
    }
}

int main(int count, char **arguments) {
    if (count != 9) {
        fprintf(stderr, "usage: load PORT REQUEST_FILE TEXT CONNECTIONS WARM SECONDS MAX_REQUESTS EVENTS\n");
        return 2;
    }
    port = atoi(arguments[1]);
    load_request(arguments[2]);
    text = arguments[3], text_length = strlen(text);
    int width = atoi(arguments[4]);
    double warm = atof(arguments[5]), length = atof(arguments[6]), seconds = 0;
    max_requests = strtoul(arguments[7], NULL, 10);
    expected_chunks = (unsigned)atoi(arguments[8]);
    if (width < 1 || width > MAX_CONNECTIONS) return fprintf(stderr, "connections: 1 to 4096\n"), 2;
    shorten_slice();
    epoll = epoll_create1(0);
    run(width, (uint64_t)(warm * 1e9), (uint64_t)(length * 1e9), &seconds);
    printf("{\"seconds\":%.6f,\"measured\":%lu,\"sent\":%lu,\"done\":%lu,\"good\":%lu,\"bad_status\":%lu,"
           "\"wrong\":%lu,\"failed\":%lu,\"opened\":%lu,", seconds, total.measured, total.sent, total.done,
           total.good, total.bad_status, total.wrong, total.failed, total.opened);
    print_histogram("latency", &latency);
    print_histogram("first", &first);
    print_histogram("delay", &delay);
    printf("\"unfinished\":%d,\"bytes\":%lu}\n", under_way, (unsigned long)total.bytes);
    return 0;
}
