/* SPDX-License-Identifier: MIT */
#include "laws.h"
#include "shrink.h"

/* Every step that leaves the law broken is kept. */
void shrink(struct sketch *sketch, const struct law *law, const struct trial *trial)
{
    char why[WHY_SIZE];
    unsigned refused = 0; /* steps in a row */
    for (unsigned step = 0; refused < shrink_steps(sketch);) {
        struct sketch candidate;
        step %= shrink_steps(sketch);
        if (!shrink_candidate(sketch, step, &candidate)) {
            step++;
            refused++;
        } else if (law->holds(&candidate, trial, why)) {
            sketch_done(&candidate);
            step++;
            refused++;
        } else {
            sketch_done(sketch);
            *sketch = candidate;
            refused = 0;
        }
    }
}
