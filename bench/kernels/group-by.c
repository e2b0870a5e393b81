/* group by an integer: open addressing, linear probing, one multiply as the hash, half full at the most. */
#include <stdint.h>
#include <string.h>

typedef struct {
  int32_t key;
  int32_t used;
  double rows;
  double sum;
} Slot;

typedef struct {
  int32_t base, last, shift, used;
} Head;

static inline uint32_t home(int32_t key, int32_t shift) { return (uint32_t)key * 0x9e3779b1u >> shift; }

/* Every slot in use moves to its place in the other extent, which is twice as large. */
static void grow(Slot *slots, Head *head, int32_t extent) {
  int32_t base = head->base, last = head->last;
  head->base = extent - base;
  head->last = 2 * last + 1;
  head->shift--;
  Slot *to = slots + head->base;
  memset(to, 0, sizeof(Slot) * ((size_t)head->last + 1));
  for (int32_t i = base; i <= base + last; i++) {
    if (!slots[i].used) continue;
    uint32_t slot = home(slots[i].key, head->shift);
    while (to[slot].used) slot = (slot + 1) & head->last;
    to[slot] = slots[i];
  }
}

void run(void **buffers, int32_t from, int32_t to) {
  const int32_t *restrict key = buffers[0];
  const double *restrict value = buffers[1];
  Slot *slots = buffers[2];
  Head *head = buffers[4];
  int32_t extent = *(int32_t *)buffers[5];
  Slot *table = slots + head->base;
  for (int32_t i = from; i < to; i++) {
    uint32_t slot = home(key[i], head->shift);
    while (table[slot].used && table[slot].key != key[i]) slot = (slot + 1) & head->last;
    if (!table[slot].used) {
      if (head->used * 2 > head->last) {
        grow(slots, head, extent);
        table = slots + head->base;
        i--;
        continue;
      }
      head->used++;
      table[slot] = (Slot){.key = key[i], .used = 1};
    }
    table[slot].rows += 1;
    table[slot].sum += value[i];
  }
}

void end(void **buffers) {
  Head *head = buffers[4];
  Slot *table = (Slot *)buffers[2] + head->base;
  int32_t *key = buffers[6], *out = buffers[9];
  double *rows = buffers[7], *sum = buffers[8];
  int32_t n = 0;
  for (int32_t i = 0; i <= head->last; i++) {
    if (!table[i].used) continue;
    key[n] = table[i].key;
    rows[n] = table[i].rows;
    sum[n++] = table[i].sum;
  }
  memset(table, 0, sizeof(Slot) * ((size_t)head->last + 1));
  head->used = 0;
  out[0] = n;
}
