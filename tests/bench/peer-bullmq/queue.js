// The queue's name and connection, as BullMQ recommends them.
import IORedis from 'ioredis';

export const NAME = 'publish';

// Workers wait at the server, so a request must never be given up.
export const connect = () => new IORedis(process.env.REDIS_URL, { maxRetriesPerRequest: null });

// A job is kept no longer than it is needed: the record is in PostgreSQL.
export const JOB = {
  attempts: 5,
  backoff: { type: 'exponential', delay: 1000 },
  removeOnComplete: true,
  removeOnFail: 1000,
};
