// The schedules of this suite run in virtual time.
