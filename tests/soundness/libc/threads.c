/*
 * threads.c: calls of functions for threads and what they wait for; see calls.c. Nothing waits for
 * long: times are over, and locks are free or only tried.
 */
#define _GNU_SOURCE
#include "calls.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <threads.h>
#include <time.h>

static char buffer[64];

static void *thread(void *argument)
{
    return argument;
}

static int c_thread(void *argument)
{
    (void)argument;
    return 3;
}

static void once(void)
{
    buffer[0] = 'o';
}

static void attributes(void)
{
    pthread_attr_t attributes;
    int number;
    size_t size;
    void *place;
    cpu_set_t cpus;
    struct sched_param parameters = {0};
    CALL(pthread_attr_init, pthread_attr_init(&attributes));
    CALL(pthread_attr_setstacksize, pthread_attr_setstacksize(&attributes, 65536));
    CALL(pthread_attr_getstacksize, pthread_attr_getstacksize(&attributes, &size));
    CALL(pthread_attr_setguardsize, pthread_attr_setguardsize(&attributes, 4096));
    CALL(pthread_attr_getguardsize, pthread_attr_getguardsize(&attributes, &size));
    CALL(pthread_attr_getstack, pthread_attr_getstack(&attributes, &place, &size));
    CALL(pthread_attr_setdetachstate,
         pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_JOINABLE));
    CALL(pthread_attr_getdetachstate, pthread_attr_getdetachstate(&attributes, &number));
    CALL(pthread_attr_setinheritsched,
         pthread_attr_setinheritsched(&attributes, PTHREAD_INHERIT_SCHED));
    CALL(pthread_attr_getinheritsched, pthread_attr_getinheritsched(&attributes, &number));
    CALL(pthread_attr_setschedpolicy, pthread_attr_setschedpolicy(&attributes, SCHED_OTHER));
    CALL(pthread_attr_getschedpolicy, pthread_attr_getschedpolicy(&attributes, &number));
    CALL(pthread_attr_setschedparam, pthread_attr_setschedparam(&attributes, &parameters));
    CALL(pthread_attr_getschedparam, pthread_attr_getschedparam(&attributes, &parameters));
    CALL(pthread_attr_setscope, pthread_attr_setscope(&attributes, PTHREAD_SCOPE_SYSTEM));
    CALL(pthread_attr_getscope, pthread_attr_getscope(&attributes, &number));
    CPU_ZERO(&cpus);
    CALL(sched_getaffinity, sched_getaffinity(0, sizeof cpus, &cpus));
    CALL(pthread_getaffinity_np, pthread_getaffinity_np(pthread_self(), sizeof cpus, &cpus));
    CALL(pthread_attr_setaffinity_np, pthread_attr_setaffinity_np(&attributes, sizeof cpus, &cpus));
    CALL(pthread_attr_getaffinity_np, pthread_attr_getaffinity_np(&attributes, sizeof cpus, &cpus));
    CALL(pthread_attr_destroy, pthread_attr_destroy(&attributes));
}

static void threads(void)
{
    pthread_t made;
    thrd_t c_made;
    int number;
    struct timespec soon = {1, 0};
    struct sched_param parameters = {0};
    clockid_t clock;
    once_flag flag = ONCE_FLAG_INIT;
    tss_t key;
    CALL(pthread_create, pthread_create(&made, NULL, thread, NULL));
    CALL(pthread_join, pthread_join(made, NULL));
    pthread_create(&made, NULL, thread, NULL);
    CALL(pthread_timedjoin_np, pthread_timedjoin_np(made, NULL, &(struct timespec){1L << 40, 0}));
    CALL(pthread_setname_np, pthread_setname_np(pthread_self(), "calls"));
    CALL(pthread_getname_np, pthread_getname_np(pthread_self(), buffer, 16));
    CALL(pthread_getschedparam, pthread_getschedparam(pthread_self(), &number, &parameters));
    CALL(pthread_setschedparam, pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameters));
    CALL(pthread_getcpuclockid, pthread_getcpuclockid(pthread_self(), &clock));
    CALL(pthread_setcancelstate, pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &number));
    CALL(pthread_setcanceltype, pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &number));
    CALL(pthread_testcancel, pthread_testcancel());
    CALL(pthread_getconcurrency, (void)pthread_getconcurrency());
    CALL(pthread_setconcurrency, pthread_setconcurrency(0));
    CALL(thrd_create, thrd_create(&c_made, c_thread, NULL));
    CALL(thrd_join, thrd_join(c_made, &number));
    CALL(thrd_current, (void)thrd_current());
    CALL(thrd_equal, (void)thrd_equal(thrd_current(), thrd_current()));
    CALL(thrd_sleep, thrd_sleep(&(struct timespec){0, 1}, NULL));
    CALL(thrd_yield, thrd_yield());
    CALL(call_once, call_once(&flag, once));
    CALL(call_once, call_once(&flag, once));
    CALL(tss_create, tss_create(&key, NULL));
    CALL(tss_set, tss_set(key, buffer));
    CALL(tss_get, (void)tss_get(key));
    CALL(tss_delete, tss_delete(key));
    CALL(sched_getcpu, (void)sched_getcpu());
    CALL(sched_getparam, sched_getparam(0, &parameters));
    CALL(sched_getscheduler, (void)sched_getscheduler(0));
    CALL(sched_get_priority_max, (void)sched_get_priority_max(SCHED_FIFO));
    CALL(sched_get_priority_min, (void)sched_get_priority_min(SCHED_FIFO));
    CALL(sched_rr_get_interval, sched_rr_get_interval(0, &soon));
}

static void locks(void)
{
    pthread_mutex_t mutex;
    pthread_mutexattr_t mutex_kind;
    pthread_cond_t condition;
    pthread_condattr_t condition_kind;
    pthread_rwlock_t lock;
    pthread_rwlockattr_t lock_kind;
    pthread_barrier_t barrier;
    pthread_spinlock_t spin;
    sem_t semaphore;
    mtx_t c_mutex;
    cnd_t c_condition;
    int number;
    clockid_t clock;
    struct timespec past = {1, 0};
    CALL(pthread_mutexattr_init, pthread_mutexattr_init(&mutex_kind));
    CALL(pthread_mutexattr_settype,
         pthread_mutexattr_settype(&mutex_kind, PTHREAD_MUTEX_RECURSIVE));
    CALL(pthread_mutexattr_gettype, pthread_mutexattr_gettype(&mutex_kind, &number));
    CALL(pthread_mutexattr_setrobust, pthread_mutexattr_setrobust(&mutex_kind, 0));
    CALL(pthread_mutexattr_getrobust, pthread_mutexattr_getrobust(&mutex_kind, &number));
    CALL(pthread_mutexattr_setpshared, pthread_mutexattr_setpshared(&mutex_kind, 0));
    CALL(pthread_mutexattr_setprotocol, pthread_mutexattr_setprotocol(&mutex_kind, 0));
    CALL(pthread_mutex_init, pthread_mutex_init(&mutex, &mutex_kind));
    CALL(pthread_mutexattr_destroy, pthread_mutexattr_destroy(&mutex_kind));
    CALL(pthread_mutex_lock, pthread_mutex_lock(&mutex));
    CALL(pthread_mutex_timedlock, pthread_mutex_timedlock(&mutex, &past));
    pthread_mutex_unlock(&mutex);
    CALL(pthread_condattr_init, pthread_condattr_init(&condition_kind));
    CALL(pthread_condattr_setclock, pthread_condattr_setclock(&condition_kind, CLOCK_MONOTONIC));
    CALL(pthread_condattr_getclock, pthread_condattr_getclock(&condition_kind, &clock));
    CALL(pthread_cond_init, pthread_cond_init(&condition, &condition_kind));
    CALL(pthread_condattr_destroy, pthread_condattr_destroy(&condition_kind));
    CALL(pthread_cond_signal, pthread_cond_signal(&condition));
    CALL(pthread_cond_broadcast, pthread_cond_broadcast(&condition));
    CALL(pthread_cond_timedwait, pthread_cond_timedwait(&condition, &mutex, &past));
    CALL(pthread_cond_destroy, pthread_cond_destroy(&condition));
    pthread_mutex_unlock(&mutex);
    CALL(pthread_mutex_destroy, pthread_mutex_destroy(&mutex));
    CALL(pthread_rwlockattr_init, pthread_rwlockattr_init(&lock_kind));
    CALL(pthread_rwlock_init, pthread_rwlock_init(&lock, &lock_kind));
    CALL(pthread_rwlock_tryrdlock, pthread_rwlock_tryrdlock(&lock));
    CALL(pthread_rwlock_trywrlock, pthread_rwlock_trywrlock(&lock));
    CALL(pthread_rwlock_timedrdlock, pthread_rwlock_timedrdlock(&lock, &past));
    CALL(pthread_rwlock_timedwrlock, pthread_rwlock_timedwrlock(&lock, &past));
    pthread_rwlock_unlock(&lock);
    pthread_rwlock_unlock(&lock);
    CALL(pthread_rwlock_wrlock, pthread_rwlock_wrlock(&lock));
    pthread_rwlock_unlock(&lock);
    CALL(pthread_rwlock_destroy, pthread_rwlock_destroy(&lock));
    CALL(pthread_barrier_init, pthread_barrier_init(&barrier, NULL, 1));
    CALL(pthread_barrier_wait, pthread_barrier_wait(&barrier));
    CALL(pthread_barrier_destroy, pthread_barrier_destroy(&barrier));
    CALL(pthread_spin_init, pthread_spin_init(&spin, 0));
    CALL(pthread_spin_lock, pthread_spin_lock(&spin));
    CALL(pthread_spin_trylock, pthread_spin_trylock(&spin));
    CALL(pthread_spin_unlock, pthread_spin_unlock(&spin));
    CALL(pthread_spin_destroy, pthread_spin_destroy(&spin));
    CALL(sem_init, sem_init(&semaphore, 0, 1));
    CALL(sem_trywait, sem_trywait(&semaphore));
    CALL(sem_timedwait, sem_timedwait(&semaphore, &past));
    CALL(sem_post, sem_post(&semaphore));
    CALL(sem_getvalue, sem_getvalue(&semaphore, &number));
    CALL(sem_destroy, sem_destroy(&semaphore));
    CALL(mtx_init, mtx_init(&c_mutex, mtx_timed));
    CALL(mtx_lock, mtx_lock(&c_mutex));
    CALL(mtx_trylock, mtx_trylock(&c_mutex));
    CALL(mtx_timedlock, mtx_timedlock(&c_mutex, &past));
    CALL(cnd_init, cnd_init(&c_condition));
    CALL(cnd_signal, cnd_signal(&c_condition));
    CALL(cnd_broadcast, cnd_broadcast(&c_condition));
    CALL(cnd_timedwait, cnd_timedwait(&c_condition, &c_mutex, &past));
    CALL(cnd_destroy, cnd_destroy(&c_condition));
    CALL(mtx_unlock, mtx_unlock(&c_mutex));
    CALL(mtx_destroy, mtx_destroy(&c_mutex));
}

void call_thread_functions(void)
{
    attributes();
    threads();
    locks();
}
