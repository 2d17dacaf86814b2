/* The plugin of calls.py as a Python extension, as somebody would write it by hand for nothing but speed. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include "bench.h"

typedef struct {
    PyObject_HEAD
    Engine *table;
} Object;

static Engine *table_of(PyObject *self)
{
    Engine *table = ((Object *)self)->table;
    if (table == NULL)
        PyErr_SetString(PyExc_RuntimeError, "the engine is closed");
    return table;
}

static PyObject *raised(int32_t code, char *message)
{
    PyErr_Format(PyExc_RuntimeError, "%d: %s", (int)code, message == NULL ? "" : message);
    free(message);
    return NULL;
}

static PyObject *add(PyObject *self, PyObject *const *args, Py_ssize_t count)
{
    Engine *table = table_of(self);
    long a, b;

    if (table == NULL)
        return NULL;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "add takes two numbers");
        return NULL;
    }
    a = PyLong_AsLong(args[0]);
    b = PyLong_AsLong(args[1]);
    if ((a == -1 || b == -1) && PyErr_Occurred())
        return NULL;
    if (a != (int32_t)a || b != (int32_t)b) {
        PyErr_SetString(PyExc_OverflowError, "a number has more than 32 bits");
        return NULL;
    }
    return PyLong_FromLong(table->add(table->state, (int32_t)a, (int32_t)b));
}

static PyObject *name(PyObject *self, PyObject *unused)
{
    Engine *table = table_of(self);
    Str text;

    (void)unused;
    if (table == NULL)
        return NULL;
    text = table->name(table->state);
    return PyUnicode_DecodeUTF8(text.ptr, (Py_ssize_t)text.len, "replace");
}

static PyObject *start(PyObject *self, PyObject *unused)
{
    Engine *table = table_of(self);
    Outcome outcome;

    (void)unused;
    if (table == NULL)
        return NULL;
    outcome = table->start(table->state);
    if (outcome.code != 0)
        return raised(outcome.code, outcome.message);
    Py_RETURN_NONE;
}

static PyObject *get(PyObject *self, PyObject *key)
{
    Engine *table = table_of(self);
    PyObject *made = Py_None;
    const char *data;
    Py_ssize_t size;
    Found found;

    if (table == NULL || (data = PyUnicode_AsUTF8AndSize(key, &size)) == NULL)
        return NULL;
    found = table->get(table->state, (Str){data, (size_t)size});
    if (found.code != 0)
        return raised(found.code, found.message);
    if (found.found)
        made = PyBytes_FromStringAndSize((char *)found.data, (Py_ssize_t)found.len);
    else
        Py_INCREF(made);
    if (found.cap != 0)
        free(found.data);
    return made;
}

static PyMethodDef methods[] = {
    {"add", (PyCFunction)(void (*)(void))add, METH_FASTCALL, NULL},
    {"name", name, METH_NOARGS, NULL},
    {"start", start, METH_NOARGS, NULL},
    {"get", get, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "by_hand.Engine",
    .tp_basicsize = sizeof(Object),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = methods,
};

/* An engine of the table at an address. */
static PyObject *engine(PyObject *module, PyObject *address)
{
    Object *made = PyObject_New(Object, &type);

    (void)module;
    if (made == NULL)
        return NULL;
    made->table = PyLong_AsVoidPtr(address);
    return (PyObject *)made;
}

static PyMethodDef functions[] = {
    {"engine", engine, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "by_hand", .m_size = -1, .m_methods = functions,
};

PyMODINIT_FUNC PyInit_by_hand(void)
{
    return PyType_Ready(&type) < 0 ? NULL : PyModule_Create(&definition);
}
