/* The rows of the highest score of each owner, with their ranks or without. */
#include <stdint.h>

typedef struct {
  const int64_t *score;
  const int32_t *score_words;
  const int32_t *key;
  const int64_t *amount;
  /* Owners, rows of each, and whether ranks are told. */
  const int32_t *asked;
  double *kept;
  int32_t *kept_key;
  int64_t *kept_amount;
  int32_t *counts;
  double *result_score;
  int32_t *result_key;
  int64_t *result_amount;
  int32_t *result_rank, *result_op;
  int32_t *out;
} Buffers;

static void tell(Buffers *b, int32_t at, int32_t rank, int32_t op) {
  int32_t n = b->out[0]++;
  b->result_score[n] = b->kept[at];
  b->result_key[n] = b->kept_key[at];
  b->result_amount[n] = b->kept_amount[at];
  b->result_rank[n] = rank;
  b->result_op[n] = op;
}

void run(void **buffers, int32_t from, int32_t to) {
  Buffers *b = (Buffers *)buffers;
  int32_t owners = b->asked[0], limit = b->asked[1], tells_ranks = b->asked[2];
  for (int32_t i = from; i < to; i++) {
    int32_t owner = owners == 1 ? 0 : b->key[i];
    int32_t first = owner * limit, count = b->counts[owner], is_full = count == limit, place = count;
    double value = b->score[i];
    if (is_full && value <= b->kept[first + limit - 1]) continue;
    if (is_full) tell(b, first + --place, limit, tells_ranks ? 1 : 2);
    else b->counts[owner]++;
    while (place > 0 && b->kept[first + place - 1] < value) {
      int32_t at = first + place;
      if (tells_ranks) tell(b, at - 1, place, 2);
      b->kept[at] = b->kept[at - 1];
      b->kept_key[at] = b->kept_key[at - 1];
      b->kept_amount[at] = b->kept_amount[at - 1];
      place--;
      if (tells_ranks) tell(b, at, place + 2, 3);
    }
    b->kept[first + place] = value;
    b->kept_key[first + place] = b->key[i];
    b->kept_amount[first + place] = b->amount[i];
    tell(b, first + place, place + 1, is_full && !tells_ranks ? 3 : 0);
  }
}

void end(void **buffers) {}
