/* SPDX-License-Identifier: MIT */
#ifndef IOMMUSCOPE_BASE_H
#define IOMMUSCOPE_BASE_H

/*
 * What every room speaks: three-valued knowledge, PCI addresses, error details, the version.
 *
 * Functions return 0 or a negative errno. Results go through ret_* parameters and are written only
 * on success. Details of a failure go to an optional, caller-allocated struct ims_error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define IMS_PUBLIC __attribute__((visibility("default")))
#define IMS_PRINTF(format_index, first_index) \
    __attribute__((format(printf, format_index, first_index)))
#else
#define IMS_PUBLIC
#define IMS_PRINTF(format_index, first_index)
#endif

/* Three-valued knowledge. Zero is "unknown": a fact that nobody stated is never "no". */
enum ims_tristate {
    IMS_UNKNOWN = 0,
    IMS_NO = 1,
    IMS_YES = 2,
};

/* Returns "unknown", "no" or "yes"; never NULL. */
IMS_PUBLIC const char *ims_tristate_to_string(enum ims_tristate state);

static inline enum ims_tristate ims_tristate_from_bool(bool value)
{
    return value ? IMS_YES : IMS_NO;
}

/* The address of a PCI function. Segments are 32 bit: VMD domains begin at 0x10000. */
struct ims_address {
    uint32_t segment;
    uint8_t bus;
    uint8_t devfn; /* device << 3 | function; with ARI the 8-bit function number */
};

#define IMS_DEVFN(device, function) \
    ((uint8_t)((((unsigned)(device)) << 3) | ((unsigned)(function))))

static inline unsigned ims_address_device(struct ims_address address)
{
    return address.devfn >> 3;
}

static inline unsigned ims_address_function(struct ims_address address)
{
    return address.devfn & 7u;
}

/* Negative, zero or positive: order by segment, bus, devfn. */
IMS_PUBLIC int ims_address_compare(struct ims_address a, struct ims_address b);

/* Room for "ffffffff:ff:1f.7" and the closing zero. */
#define IMS_ADDRESS_STRING_SIZE 20u

/* Writes "SSSS:BB:DD.F" (at least four digits of segment) into buffer; returns buffer. */
IMS_PUBLIC char *ims_address_format(struct ims_address address,
                                    char buffer[IMS_ADDRESS_STRING_SIZE]);

/*
 * Reads the whole of text: "[SSSS:]BB:DD.F" (segment 4 to 8 hex digits, bus 2, device 2, function 1;
 * a bus or a device of one digit is taken too) or libvirt's "pci_SSSS_BB_DD_F".
 * Returns -EINVAL for anything else; *ret is written only on success.
 */
IMS_PUBLIC int ims_address_parse(const char *text, struct ims_address *ret);

/* What went wrong, and where. All fields are set by the function that fails; no allocation. */
struct ims_error {
    int code;                   /* positive errno */
    bool has_address;           /* address is meaningful */
    struct ims_address address; /* the function concerned */
    unsigned line;              /* 1-based line of the input, 0 when there is none */
    unsigned column;            /* 1-based, 0 when there is none */
    char path[256];             /* file concerned, "" when there is none */
    char message[256];          /* one sentence without a line end */
};

/*
 * Writes "PATH:LINE:COLUMN: ADDRESS: MESSAGE", leaving out what is not set, into buffer (always
 * terminated when size_bytes > 0); returns buffer.
 */
IMS_PUBLIC char *ims_error_format(const struct ims_error *error, char *buffer, size_t size_bytes);

/* Version of the library as "MAJOR.MINOR.PATCH". */
IMS_PUBLIC const char *ims_version(void);

#ifdef __cplusplus
}
#endif

#endif
