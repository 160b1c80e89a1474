/* Makes benchmark graphs. Counter based: edge i depends on the seed and i only, so that any number of
 * threads writes the same bytes.
 *
 *   gen rmat    SCALE FACTOR PREFIX              2^SCALE vertices, FACTOR * 2^SCALE edges drawn
 *   gen urand   SCALE FACTOR PREFIX              the same, ends uniform
 *   gen grid    WIDTH HEIGHT PREFIX              lattice, a tenth of its edges removed, ids row by row
 *   gen planted N GROUPS INSIDE OUTSIDE PREFIX   equal groups; INSIDE and OUTSIDE are expected degrees
 *
 * Writes PREFIX.{src,dst}.u32 and PREFIX.w.u8 (rmat and urand: directed) and PREFIX_u.* (undirected,
 * each pair once). Self-loops and duplicates are dropped, arrival order is kept. A weight is 1 to 255, a
 * hash of the unordered pair. Prints name, sizes and checksums, and writes the same line to PREFIX.txt.
 *
 * RMAT has the shares .57, .19, .19 and .05 of Graph500; its ids are scrambled by a bijection, so that
 * their order tells nothing. The group of a vertex of `planted` is its id modulo GROUPS.
 *
 *   gcc -O3 -fopenmp gen.c -o gen        (without -fopenmp it takes one core)
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint32_t u32;
typedef uint64_t u64;

typedef struct {
    u64 m;
    u32 *src, *dst;
} edges;

static u64 mix(u64 z)
{
    z += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static u64 seed(void) { return mix(20261121); }

static void *allocate(u64 bytes)
{
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory) {
        fprintf(stderr, "no memory for %" PRIu64 " bytes\n", bytes);
        exit(1);
    }
    return memory;
}

static edges room_for(u64 m)
{
    return (edges){m, allocate(m * sizeof(u32)), allocate(m * sizeof(u32))};
}

/* A bijection of 0 .. 2^bits - 1. */
static u32 scramble(u32 x, int bits)
{
    u32 mask = bits == 32 ? 0xffffffffU : (1U << bits) - 1;
    int half = bits / 2 < 1 ? 1 : bits / 2;
    for (u32 round = 0; round < 4; round++) {
        x = (x * (0x9E3779B1U + 2 * round) + 0x7F4A7C15U * (round + 1)) & mask;
        x = (x ^ (x >> half)) & mask;
    }
    return x;
}

static edges rmat(int scale, u64 factor)
{
    const u64 a = (u64)(0.57 * 4294967296.0);
    const u64 ab = (u64)(0.76 * 4294967296.0);
    const u64 abc = (u64)(0.95 * 4294967296.0);
    edges drawn = room_for(factor << scale);
    #pragma omp parallel for schedule(static)
    for (u64 i = 0; i < drawn.m; i++) {
        u64 state = mix(seed() ^ (i * 0xD1342543DE82EF95ULL));
        u64 random = 0;
        u32 u = 0, v = 0;
        for (int bit = 0; bit < scale; bit++) {
            /* One draw serves two bits. */
            if (bit % 2 == 0)
                random = mix(state + (u64)bit);
            u64 x = bit % 2 ? random >> 32 : random & 0xffffffffU;
            u = u << 1 | (x >= ab);
            v = v << 1 | (x >= abc || (x >= a && x < ab));
        }
        drawn.src[i] = scramble(u, scale);
        drawn.dst[i] = scramble(v, scale);
    }
    return drawn;
}

static edges urand(int scale, u64 factor)
{
    const u32 mask = (u32)((1ULL << scale) - 1);
    edges drawn = room_for(factor << scale);
    #pragma omp parallel for schedule(static)
    for (u64 i = 0; i < drawn.m; i++) {
        u64 random = mix(mix(seed() ^ (i * 0xD1342543DE82EF95ULL)) + 1);
        drawn.src[i] = (u32)random & mask;
        drawn.dst[i] = (u32)(random >> 32) & mask;
    }
    return drawn;
}

static edges grid(u64 width, u64 height)
{
    edges kept = room_for(2 * width * height);
    kept.m = 0;
    for (u64 y = 0; y < height; y++) {
        for (u64 x = 0; x < width; x++) {
            u64 id = y * width + x;
            int right = x + 1 < width && mix(seed() ^ (id * 2)) % 10 != 0;
            int down = y + 1 < height && mix(seed() ^ (id * 2 + 1)) % 10 != 0;
            if (right) {
                kept.src[kept.m] = (u32)id;
                kept.dst[kept.m++] = (u32)(id + 1);
            }
            if (down) {
                kept.src[kept.m] = (u32)id;
                kept.dst[kept.m++] = (u32)(id + width);
            }
        }
    }
    return kept;
}

/* A uniform number below `bound`; the bias of the high half of the product is below 2^-32. */
static u64 below(u64 bound, u64 random) { return (u64)(((unsigned __int128)random * bound) >> 64); }

static edges planted(u64 n, u64 groups, double inside, double outside)
{
    u64 size = n / groups;
    double share = inside / (inside + outside);
    edges drawn = room_for((u64)((double)n * (inside + outside) / 2));
    #pragma omp parallel for schedule(static)
    for (u64 i = 0; i < drawn.m; i++) {
        u64 state = mix(seed() ^ (i * 0xD1342543DE82EF95ULL));
        u64 u = below(n, mix(state + 1));
        u64 group = u % groups;
        if ((double)(mix(state + 2) >> 11) * 0x1p-53 >= share)
            group = (group + 1 + below(groups - 1, mix(state + 3))) % groups;
        drawn.src[i] = (u32)u;
        drawn.dst[i] = (u32)(below(size, mix(state + 4)) * groups + group);
    }
    return drawn;
}

/* Drops self-loops and all but the first of equal pairs, in place; undirected pairs are turned so that
 * the smaller end comes first. */
static void make_simple(edges *list, int undirected)
{
    int bits = 1;
    while ((1ULL << bits) < list->m * 2)
        bits++;
    u64 mask = (1ULL << bits) - 1;
    u64 *table = allocate((mask + 1) * sizeof(u64));
    memset(table, 0xff, (mask + 1) * sizeof(u64));
    u64 kept = 0;
    for (u64 i = 0; i < list->m; i++) {
        u32 u = list->src[i], v = list->dst[i];
        if (u == v)
            continue;
        if (undirected && u > v) {
            u32 larger = u;
            u = v;
            v = larger;
        }
        u64 key = (u64)u << 32 | v;
        u64 slot = mix(key) & mask;
        while (table[slot] != ~0ULL && table[slot] != key)
            slot = (slot + 1) & mask;
        if (table[slot] == key)
            continue;
        table[slot] = key;
        list->src[kept] = u;
        list->dst[kept++] = v;
    }
    free(table);
    list->m = kept;
}

static void write_file(const char *prefix, const char *suffix, const void *bytes, u64 count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s", prefix, suffix);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

/* Writes ends and weights; the checksum does not depend on the order of the edges. */
static u64 write_edges(const char *prefix, const char *suffix, const edges *list)
{
    char name[4096];
    snprintf(name, sizeof name, "%s%s", prefix, suffix);
    uint8_t *weights = allocate(list->m);
    u64 checksum = 0;
    #pragma omp parallel for reduction(+ : checksum)
    for (u64 i = 0; i < list->m; i++) {
        u64 u = list->src[i], v = list->dst[i];
        u64 pair = u < v ? u << 32 | v : v << 32 | u;
        weights[i] = (uint8_t)(1 + (mix(pair) >> 7) % 255);
        checksum += mix(u << 32 | v);
    }
    write_file(name, ".src.u32", list->src, list->m * sizeof(u32));
    write_file(name, ".dst.u32", list->dst, list->m * sizeof(u32));
    write_file(name, ".w.u8", weights, list->m);
    free(weights);
    return checksum;
}

static int usage(void)
{
    fprintf(stderr, "usage: gen rmat|urand SCALE FACTOR PREFIX\n       gen grid WIDTH HEIGHT PREFIX\n"
                    "       gen planted N GROUPS INSIDE OUTSIDE PREFIX\n");
    return 2;
}

int main(int count, char **words)
{
    int is_planted = count == 7 && !strcmp(words[1], "planted");
    if (count != 5 && !is_planted)
        return usage();
    const char *kind = words[1], *prefix = words[count - 1];
    u64 first = strtoull(words[2], NULL, 10), second = strtoull(words[3], NULL, 10), n;
    int directed = 0;
    edges list;
    if (is_planted && second > 1 && first % second == 0 && first >> 32 == 0) {
        n = first;
        list = planted(n, second, atof(words[4]), atof(words[5]));
    } else if (!strcmp(kind, "grid") && first * second >> 32 == 0) {
        n = first * second;
        list = grid(first, second);
    } else if ((!strcmp(kind, "rmat") || !strcmp(kind, "urand")) && first >= 1 && first <= 31) {
        n = 1ULL << first;
        list = *kind == 'r' ? rmat((int)first, second) : urand((int)first, second);
        directed = 1;
    } else {
        return usage();
    }
    char line[4096];
    int used = snprintf(line, sizeof line, "n=%" PRIu64, n);
    if (directed) {
        make_simple(&list, 0);
        u64 checksum = write_edges(prefix, "", &list);
        used += snprintf(line + used, sizeof line - (size_t)used, " m=%" PRIu64 " checksum=%016" PRIx64,
                         list.m, checksum);
    }
    /* The lattice has no duplicates; its file is as it was made. */
    if (strcmp(kind, "grid"))
        make_simple(&list, 1);
    u64 checksum = write_edges(prefix, "_u", &list);
    snprintf(line + used, sizeof line - (size_t)used, " m_u=%" PRIu64 " checksum_u=%016" PRIx64 "\n", list.m,
             checksum);
    write_file(prefix, ".txt", line, strlen(line));
    printf("%s %s", prefix, line);
    return 0;
}
