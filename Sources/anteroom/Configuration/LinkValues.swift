import Gateway

extension LinkSettings {
    /// Takes what is set. Without a secret the journal's is set once that is open: production was refused before.
    init(_ values: SettingValues) {
        let secrets = values.text(.linkSecret).map { secret in
            LinkSecrets(
                current: Array(secret.utf8), previous: values.text(.linkSecretPrevious).map { Array($0.utf8) })
        }
        self.init(
            secrets: secrets ?? .random(),
            activities: values.text(.linkActivities).flatMap(Setting.activities),
            graceMilliseconds: values.integer(.waitingGrace),
            roomTTLMilliseconds: values.integer(.waitingRoomTTL),
            secureCookies: values.text(.environment) == "production")
    }
}
