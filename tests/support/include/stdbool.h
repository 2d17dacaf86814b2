/* What <stdbool.h> says. */
#ifndef STUB_STDBOOL_H
#define STUB_STDBOOL_H
#if !defined(__cplusplus) && !(defined(__STDC_VERSION__) && __STDC_VERSION__ > 201710L)
#define bool _Bool
#define true 1
#define false 0
#endif
#endif
