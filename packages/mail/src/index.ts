export {
  type MailConfig,
  mailProblems,
  mailVariables,
  readMail,
  readSmtpServer,
  type SmtpServer,
  smtpVariables,
} from './config.ts'
export { createLinkTokens, type LinkTokens, linkUrl } from './links.ts'
export {
  createMailer,
  type Mailer,
  MailRefusedError,
  MailServerError,
  type OutgoingMail,
  verifyServer,
} from './mailer.ts'
export { confirmationMail } from './templates/confirmation.ts'
export { digestMail } from './templates/digest.ts'
export { notificationMail } from './templates/notification.ts'
