"""Names that the standard library of C defines: one table of what a header leaves alone.

A header must go together with whichever headers of the library stand before or behind it. Macros
replace every word of their name, so that nothing can have it; names of functions, types and objects
are taken at file scope only.

The lists are those of ISO C 7, C99 to C23, and of the constants that POSIX adds to ``<errno.h>``,
``<limits.h>``, ``<math.h>`` and ``<signal.h>``, since those come along whether one wants them or not.
What ISO C merely reserves for its future (``str…``, ``E…``) is free.
"""

from __future__ import annotations

import re

_MACROS = frozenset(
    """
    NULL offsetof unreachable errno EOF assert static_assert noreturn complex imaginary I CMPLX CMPLXF
    CMPLXL stdin stdout stderr BUFSIZ FILENAME_MAX FOPEN_MAX L_tmpnam SEEK_CUR SEEK_END SEEK_SET TMP_MAX
    EXIT_FAILURE EXIT_SUCCESS RAND_MAX MB_CUR_MAX CLOCKS_PER_SEC TIME_UTC WEOF
    va_arg va_copy va_end va_start setjmp kill_dependency ONCE_FLAG_INIT TSS_DTOR_ITERATIONS

    HUGE_VAL HUGE_VALF HUGE_VALL INFINITY NAN DECIMAL_DIG DEC_EVAL_METHOD DEC_INFINITY DEC_NAN
    MATH_ERREXCEPT MATH_ERRNO math_errhandling FP_ILOGB0 FP_ILOGBNAN FP_INFINITE FP_INT_DOWNWARD
    FP_INT_TONEAREST FP_INT_TONEARESTFROMZERO FP_INT_TOWARDZERO FP_INT_UPWARD FP_LLOGB0 FP_LLOGBNAN
    FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO FE_ALL_EXCEPT FE_DFL_ENV FE_DFL_MODE FE_DIVBYZERO FE_DOWNWARD
    FE_INEXACT FE_INVALID FE_OVERFLOW FE_TONEAREST FE_TOWARDZERO FE_UNDERFLOW FE_UPWARD
    fpclassify iscanonical iseqsig isfinite isgreater isgreaterequal isinf isless islessequal
    islessgreater isnan isnormal issignaling issubnormal isunordered iszero signbit
    M_1_PI M_2_PI M_2_SQRTPI M_E M_LN10 M_LN2 M_LOG10E M_LOG2E M_PI M_PI_2 M_PI_4 M_SQRT1_2 M_SQRT2

    CHAR_BIT CHAR_MAX CHAR_MIN MB_LEN_MAX BOOL_MAX BOOL_WIDTH PTRDIFF_MIN PTRDIFF_MAX PTRDIFF_WIDTH
    SIZE_MAX SIZE_WIDTH SIG_ATOMIC_MIN SIG_ATOMIC_MAX SIG_ATOMIC_WIDTH WCHAR_MIN WCHAR_MAX WCHAR_WIDTH
    WINT_MIN WINT_MAX WINT_WIDTH
    ARG_MAX CHILD_MAX HOST_NAME_MAX IOV_MAX LINE_MAX LINK_MAX LOGIN_NAME_MAX MAX_CANON MAX_INPUT
    NAME_MAX NGROUPS_MAX OPEN_MAX PAGESIZE PAGE_SIZE PATH_MAX PIPE_BUF RTSIG_MAX SEM_VALUE_MAX SSIZE_MAX
    TTY_NAME_MAX

    LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_MONETARY LC_NUMERIC LC_TIME
    ATOMIC_BOOL_LOCK_FREE ATOMIC_CHAR16_T_LOCK_FREE ATOMIC_CHAR32_T_LOCK_FREE ATOMIC_CHAR8_T_LOCK_FREE
    ATOMIC_CHAR_LOCK_FREE ATOMIC_FLAG_INIT ATOMIC_INT_LOCK_FREE ATOMIC_LLONG_LOCK_FREE
    ATOMIC_LONG_LOCK_FREE ATOMIC_POINTER_LOCK_FREE ATOMIC_SHORT_LOCK_FREE ATOMIC_VAR_INIT
    ATOMIC_WCHAR_T_LOCK_FREE

    SIG_DFL SIG_ERR SIG_IGN SIG_BLOCK SIG_SETMASK SIG_UNBLOCK SIGABRT SIGALRM SIGBUS SIGCHLD SIGCLD
    SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGIOT SIGKILL SIGPIPE SIGPOLL SIGPROF SIGPWR SIGQUIT
    SIGRTMAX SIGRTMIN SIGSEGV SIGSTKFLT SIGSTKSZ SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU
    SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ

    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EADV EAFNOSUPPORT EAGAIN EALREADY EBADE EBADF EBADFD EBADMSG
    EBADR EBADRQC EBADSLT EBFONT EBUSY ECANCELED ECHILD ECHRNG ECOMM ECONNABORTED ECONNREFUSED
    ECONNRESET EDEADLK EDEADLOCK EDESTADDRREQ EDOM EDOTDOT EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN
    EHOSTUNREACH EHWPOISON EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR EISNAM EKEYEXPIRED
    EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC EL3HLT EL3RST ELIBACC ELIBBAD ELIBEXEC ELIBMAX ELIBSCN
    ELNRNG ELOOP EMEDIUMTYPE EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENAVAIL ENETDOWN ENETRESET
    ENETUNREACH ENFILE ENOANO ENOBUFS ENOCSI ENODATA ENODEV ENOENT ENOEXEC ENOKEY ENOLCK ENOLINK
    ENOMEDIUM ENOMEM ENOMSG ENONET ENOPKG ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS ENOTBLK ENOTCONN
    ENOTDIR ENOTEMPTY ENOTNAM ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY ENOTUNIQ ENXIO EOPNOTSUPP EOTHER
    EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EREMCHG
    EREMOTE EREMOTEIO ERESTART ERFKILL EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH ESRMNT ESTALE
    ESTRPIPE ETIME ETIMEDOUT ETOOMANYREFS ETXTBSY EUCLEAN EUNATCH EUSERS EWOULDBLOCK EXDEV EXFULL
    """.split()
)

#: Families whose members differ in a type or a number only.
_MACRO_FAMILIES = re.compile(
    r"U?INT(_LEAST|_FAST)?(8|16|32|64)_(MIN|MAX|WIDTH|C)"
    r"|U?INT(MAX|PTR)_(MIN|MAX|WIDTH|C)"
    r"|(S?CHAR|SHRT|INT|LONG|LLONG)_(MIN|MAX|WIDTH)"
    r"|U(CHAR|SHRT|INT|LONG|LLONG)_(MAX|WIDTH)"
    r"|(PRI|SCN)[bBdiouxX](LEAST|FAST)?(8|16|32|64|MAX|PTR)"
    r"|FLT_(RADIX|ROUNDS|EVAL_METHOD)"
    r"|(FLT|DBL|LDBL|DEC(32|64|128))_((TRUE_|NORM_)?(MIN|MAX)|(MIN|MAX)(_10)?_EXP|MANT_DIG|EPSILON|DIG"
    r"|DECIMAL_DIG|HAS_SUBNORM|IS_IEC_60559|SNAN)"
)

_FILE_SCOPE = frozenset(
    """
    main std

    FILE fpos_t va_list jmp_buf size_t ptrdiff_t max_align_t nullptr_t wint_t wctype_t wctrans_t
    mbstate_t time_t clock_t tm timespec lconv div_t ldiv_t lldiv_t imaxdiv_t intptr_t uintptr_t intmax_t
    uintmax_t fenv_t fexcept_t femode_t float_t double_t sig_atomic_t once_flag cnd_t mtx_t thrd_t tss_t
    thrd_start_t tss_dtor_t errno_t rsize_t constraint_handler_t

    clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen fprintf fputc fputs fread freopen fscanf
    fseek fsetpos ftell fwrite getc getchar gets perror printf putc putchar puts remove rename rewind
    scanf setbuf setvbuf snprintf sprintf sscanf tmpfile tmpnam ungetc vfprintf vfscanf vprintf vscanf
    vsnprintf vsprintf vsscanf

    abort abs aligned_alloc at_quick_exit atexit atof atoi atol atoll bsearch calloc div exit free
    free_aligned_sized free_sized getenv labs ldiv llabs lldiv malloc mblen mbstowcs mbtowc memalignment
    qsort quick_exit rand realloc srand strfromd strfromf strfroml strtod strtof strtol strtold strtoll
    strtoul strtoull system wcstombs wctomb

    memccpy memchr memcmp memcpy memmove memset memset_explicit strcat strchr strcmp strcoll strcpy
    strcspn strdup strerror strlen strncat strncmp strncpy strndup strpbrk strrchr strspn strstr strtok
    strxfrm

    asctime clock ctime difftime gmtime gmtime_r localtime localtime_r mktime strftime time timegm
    timespec_get timespec_getres localeconv setlocale longjmp raise signal

    isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit
    tolower toupper iswalnum iswalpha iswblank iswcntrl iswctype iswdigit iswgraph iswlower iswprint
    iswpunct iswspace iswupper iswxdigit towctrans towlower towupper wctrans wctype

    btowc fgetwc fgetws fputwc fputws fwide fwprintf fwscanf getwc getwchar mbrlen mbrtowc mbsinit
    mbsrtowcs putwc putwchar swprintf swscanf ungetwc vfwprintf vfwscanf vswprintf vswscanf vwprintf
    vwscanf wcrtomb wcscat wcschr wcscmp wcscoll wcscpy wcscspn wcsftime wcslen wcsncat wcsncmp wcsncpy
    wcspbrk wcsrchr wcsrtombs wcsspn wcsstr wcstod wcstof wcstok wcstol wcstold wcstoll wcstoul wcstoull
    wcsxfrm wctob wmemchr wmemcmp wmemcpy wmemmove wmemset wprintf wscanf c8rtomb c16rtomb c32rtomb
    mbrtoc8 mbrtoc16 mbrtoc32 imaxabs imaxdiv strtoimax strtoumax wcstoimax wcstoumax

    feclearexcept fegetenv fegetexceptflag fegetmode fegetround feholdexcept feraiseexcept fesetenv
    fesetexcept fesetexceptflag fesetmode fesetround fetestexcept fetestexceptflag feupdateenv

    call_once cnd_broadcast cnd_destroy cnd_init cnd_signal cnd_timedwait cnd_wait mtx_destroy mtx_init
    mtx_lock mtx_plain mtx_recursive mtx_timed mtx_timedlock mtx_trylock mtx_unlock thrd_busy thrd_create
    thrd_current thrd_detach thrd_equal thrd_error thrd_exit thrd_join thrd_nomem thrd_sleep thrd_success
    thrd_timedout thrd_yield tss_create tss_delete tss_get tss_set
    memory_order memory_order_acq_rel memory_order_acquire memory_order_consume memory_order_relaxed
    memory_order_release memory_order_seq_cst atomic_flag atomic_flag_clear atomic_flag_clear_explicit
    atomic_flag_test_and_set atomic_flag_test_and_set_explicit atomic_init atomic_is_lock_free
    atomic_signal_fence atomic_thread_fence
    """.split()
)

_MATH = """acos acosh asin asinh atan atan2 atanh cabs cacos cacosh carg casin casinh catan catanh cbrt
    ccos ccosh ceil cexp cimag clog conj copysign cos cosh cpow cproj creal csin csinh csqrt ctan ctanh
    erf erfc exp exp2 expm1 fabs fdim floor fma fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint
    llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow remainder
    remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc""".split()

_FILE_SCOPE_FAMILIES = re.compile(
    rf"({'|'.join(_MATH)})[fl]?"
    r"|u?int(_least|_fast)?(8|16|32|64)_t"
    r"|atomic_(bool|s?char|u?(short|int|long|llong)|uchar|char(8|16|32)_t|wchar_t|size_t|ptrdiff_t"
    r"|u?int(ptr|max|_(least|fast)(8|16|32|64))_t)"
    r"|atomic_(load|store|exchange|compare_exchange_(strong|weak)|fetch_(add|sub|or|xor|and))(_explicit)?"
)


def is_c_macro(name: str) -> bool:
    """Whether a header of the library may define a macro of this name. ex) ``INT_MAX``, ``stdin``"""
    return name in _MACROS or _MACRO_FAMILIES.fullmatch(name) is not None


def is_c_library_name(name: str) -> bool:
    """Whether the library takes the name at file scope, or the language does so for programs.

    ex) ``FILE``, ``malloc``, ``std``, ``main``
    """
    return name in _FILE_SCOPE or _FILE_SCOPE_FAMILIES.fullmatch(name) is not None
