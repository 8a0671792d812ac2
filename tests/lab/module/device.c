// SPDX-License-Identifier: GPL-2.0
/* /dev/iommulab: takes lines, gives answers. One user, one machine at a time. */

#include "lab.h"

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#define LINE_SIZE 1024u

static DEFINE_MUTEX(lock);
static struct lab_machine machine;
static struct lab_answer answer;
static char line[LINE_SIZE];
static char words[LINE_SIZE]; /* the line, to be cut into words */
static size_t line_used;

void lab_say(struct lab_answer *to, const char *format, ...)
{
    va_list arguments;
    int length;

    if (to->size - to->used < 256) {
        size_t size = to->size ? 2 * to->size : 65536;
        char *text = kvmalloc(size, GFP_KERNEL);

        if (!text) {
            to->lost = true;
            return;
        }
        if (to->used)
            memcpy(text, to->text, to->used);
        kvfree(to->text);
        to->text = text;
        to->size = size;
    }
    va_start(arguments, format);
    length = vsnprintf(to->text + to->used, to->size - to->used, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= to->size - to->used)
        to->lost = true;
    else
        to->used += length;
}

static void take_line(void)
{
    if (strcmp(line, "go") == 0) {
        lab_machine_go(&machine, &answer);
        lab_machine_clear(&machine);
        return;
    }
    strscpy(words, line, sizeof(words));
    if (lab_machine_line(&machine, words) < 0)
        lab_say(&answer, "error line not understood: %.100s\n", line);
}

static ssize_t device_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
    size_t done;

    mutex_lock(&lock);
    for (done = 0; done < size; done++) {
        char c;

        if (get_user(c, from + done)) {
            mutex_unlock(&lock);
            return -EFAULT;
        }
        if (c != '\n' && line_used < LINE_SIZE - 1) {
            line[line_used++] = c;
            continue;
        }
        line[line_used] = '\0';
        line_used = 0;
        if (c != '\n')
            lab_say(&answer, "error line too long: %.100s\n", line);
        else if (line[0] != '\0')
            take_line();
    }
    mutex_unlock(&lock);
    return size;
}

static ssize_t device_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
    size_t count;

    mutex_lock(&lock);
    if (answer.lost) {
        mutex_unlock(&lock);
        return -ENOMEM;
    }
    count = min(size, answer.used - answer.taken);
    if (copy_to_user(to, answer.text + answer.taken, count)) {
        mutex_unlock(&lock);
        return -EFAULT;
    }
    answer.taken += count;
    if (answer.taken == answer.used)
        answer.taken = answer.used = 0;
    mutex_unlock(&lock);
    return count;
}

static const struct file_operations device_operations = {
    .owner = THIS_MODULE,
    .read = device_read,
    .write = device_write,
};

static struct miscdevice device = {
    .minor = MISC_DYNAMIC_MINOR,
    .name = "iommulab",
    .fops = &device_operations,
};

static int __init lab_init(void)
{
    int error = lab_internals_init();

    if (error)
        return error;
    lab_clear_the_floor();
    lab_machine_init(&machine);
    error = misc_register(&device);
    if (error)
        lab_internals_exit();
    return error;
}

static void __exit lab_exit(void)
{
    misc_deregister(&device);
    lab_machine_clear(&machine);
    lab_internals_exit();
    kvfree(answer.text);
}

module_init(lab_init);
module_exit(lab_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Synthetic PCI hierarchies, grouped by the kernel itself");
